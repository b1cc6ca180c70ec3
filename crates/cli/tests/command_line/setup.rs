//! Running the command, and files to run it on.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the command did.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the command with `arguments` and `input` on its standard input.
pub(crate) fn lockstep_with(arguments: &[&str], input: &[u8]) -> Done {
    run(Command::new(env!("CARGO_BIN_EXE_lockstep")).args(arguments), arguments, input)
}

/// Runs the command in the folder `at`, which is the one for temporary files too.
pub(crate) fn lockstep_in(at: &Path, arguments: &[&str]) -> Done {
    fs::create_dir_all(at).expect("the folder is made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lockstep"));
    run(command.args(arguments).current_dir(at).env("TMPDIR", at), arguments, &[])
}

fn run(command: &mut Command, arguments: &[&str], input: &[u8]) -> Done {
    let mut child = command
        .env("NO_COLOR", "1")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // It may not want all of it.
    let _ = child.stdin.take().expect("its input").write_all(input);
    let output = child.wait_with_output().expect("the command ends");
    let text = |bytes| String::from_utf8(bytes).expect("it writes UTF-8");
    let done =
        Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!done.err.contains("panicked"), "{arguments:?}: {}", done.err);
    assert!(
        !done.out.contains('\u{1b}') && !done.err.contains('\u{1b}'),
        "colour despite NO_COLOR"
    );
    done
}

/// Runs the command with `arguments`.
pub(crate) fn lockstep(arguments: &[&str]) -> Done {
    lockstep_with(arguments, &[])
}

/// A new file called `name` with this content.
pub(crate) fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    fs::write(&path, content).expect("the file is written");
    path.to_str().expect("UTF-8").to_owned()
}

/// Where files of these tests go.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("command_line")
}

/// A state test with one transaction that stores 5 in slot 0, right as it stands under London and Cancun.
pub(crate) fn state_test() -> String {
    include_str!("state_test.json").to_owned()
}

/// Runs, wants exit code 2, and wants the message to contain `parts`.
#[track_caller]
pub(crate) fn refused(arguments: &[&str], parts: &[&str]) {
    let done = lockstep(arguments);
    assert_eq!(done.code, Some(2), "{arguments:?}: {}{}", done.out, done.err);
    // Long lines are wrapped.
    let message: String =
        done.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {}", done.err);
    }
}
