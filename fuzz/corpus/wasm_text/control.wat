(module
  (func (export "loop") (param i32) (result i32) (local i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br $again)))
    (local.get 1))
  (func (export "switch") (param i32) (result i64)
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (i64.const 1)))
      (return (i64.const 2)))
    (select (i64.const 3) (i64.const 4) (local.get 0)))
  (func (export "if") (param i32) (result i32 i32)
    (if (result i32 i32) (local.get 0)
      (then (i32.const 1) (i32.const 2))
      (else (i32.const 3) (unreachable))))
)
