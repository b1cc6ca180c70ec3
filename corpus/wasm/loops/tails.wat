;; Loops that end in calls in place of their function, which loop themselves.
(module
  (type $two (func (param i32 i64) (result i64)))
  (memory (export "memory") 1)
  (table funcref (elem $down $up))
  (func $down (type $two) (local $n i32)
    (loop $again
      (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 5)) (i64.extend_i32_u (local.get $n))))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 7))))
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (return_call $up (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
  (func $up (type $two) (local $f f32)
    (loop $again
      (local.set $f (f32.add (local.get $f) (f32.const 1.5)))
      (if (f32.gt (local.get $f) (f32.const 9))
        (then (return_call_indirect (type $two)
          (i32.shr_u (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.trunc_f32_u (local.get $f)))
          (i32.and (local.get 0) (i32.const 1)))))
      (br $again))
    unreachable)
  (func (export "run") (result i64)
    (return_call $down (i32.const 29) (i64.const 1))))
