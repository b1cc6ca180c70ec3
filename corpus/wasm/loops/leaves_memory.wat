;; Traps at the end of memory, from a loop whose head is entered in two ways.
(module
  (memory (export "memory") 1)
  (func $fill (param $at i32) (param $step i32) (result i32)
    (loop $again
      (if (i32.and (local.get $at) (i32.const 8))
        (then (i32.store8 (local.get $at) (local.get $step)))
        (else (i32.store (local.get $at) (local.get $at)) (local.set $step (i32.add (local.get $step) (i32.const 40)))))
      (local.set $at (i32.add (local.get $at) (local.get $step)))
      (br $again))
    unreachable)
  (func (export "run") (result i32)
    (call $fill (i32.const 0) (i32.const 8))))
