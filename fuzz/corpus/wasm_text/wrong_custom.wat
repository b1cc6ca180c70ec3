(module (func (export "\u{2603}\t\"") (@custom "x" "y") (result i64) i64.const -0x8000_0000_0000_0000 ))
