;; Loops in functions that loops call, directly, through a table, and themselves; results that are more than registers hold.
(module
  (type $one (func (param i64) (result i64)))
  (memory (export "memory") 1)
  (table funcref (elem $sum $product))
  (func $sum (type $one) (local $x i64)
    (loop $again
      (local.set $x (i64.add (local.get $x) (local.get 0)))
      (br_if $again (i64.ne (i64.const 0) (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
    (local.get $x))
  (func $product (type $one) (local $x i64)
    (local.set $x (i64.const 1))
    (loop $again
      (local.set $x (i64.mul (local.get $x) (i64.add (local.get 0) (i64.const 3))))
      (br_if $again (i32.wrap_i64 (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
    (local.get $x))
  (func $many (param i64) (result i64 f64 v128 i32 i64 f32 i64 i64 i64 i64) (local $n i64) (local $f f64)
    (loop $again
      (local.set $f (f64.add (local.get $f) (f64.convert_i64_u (local.get $n))))
      (local.set $n (i64.add (local.get $n) (call $sum (i64.const 3))))
      (br_if $again (i64.lt_u (local.get $n) (local.get 0))))
    (local.get $n) (local.get $f) (i64x2.splat (local.get $n)) (i32.wrap_i64 (local.get 0)) (local.get 0)
    (f32.demote_f64 (local.get $f)) (i64.const 7) (local.get $n) (i64.const 9) (local.get 0))
  (func $deep (param $levels i32) (result i32) (local $n i32) (local $all i32)
    (loop $again
      (if (local.get $levels)
        (then (local.set $all
          (i32.add (local.get $all) (call $deep (i32.sub (local.get $levels) (i32.const 1)))))))
      (local.set $all (i32.add (local.get $all) (i32.const 1)))
      (br_if $again (i32.ne (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 2))))
    (local.get $all))
  (func (export "run") (result i64 f64 v128 i32 i64 f32 i64 i64 i64 i64 i64 i32)
    (local $i i32) (local $x i64)
    (loop $again
      (local.set $x (i64.add (local.get $x)
        (call_indirect (type $one) (i64.extend_i32_u (i32.add (local.get $i) (i32.const 2))) (i32.and (local.get $i) (i32.const 1)))))
      (i64.store (i32.mul (local.get $i) (i32.const 8)) (local.get $x))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
    (call $many (i64.const 40)) (local.get $x) (call $deep (i32.const 5))))
