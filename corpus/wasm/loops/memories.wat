;; Two memories; one grows inside the loop until it may not, and is asked how long it is.
(module
  (memory $a (export "a") 1 4)
  (memory $b (export "b") 1)
  (global $g (mut i64) (i64.const 5))
  (func (export "run") (result i64 i32 i32)
    (local $n i32) (local $sum i64) (local $failed i32)
    (loop $again
      (local.set $failed (i32.add (local.get $failed) (i32.eq (memory.grow $a (i32.const 1)) (i32.const -1))))
      (i64.store $a (i32.sub (i32.mul (memory.size $a) (i32.const 65536)) (i32.const 8)) (global.get $g))
      (i64.store16 $b (i32.mul (local.get $n) (i32.const 2)) (local.get $sum))
      (local.set $sum (i64.add (local.get $sum) (i64.load $a (i32.const 65528))))
      (local.set $sum (i64.add (local.get $sum) (i64.load8_u $b (local.get $n))))
      (memory.copy $b $a (i32.const 1000) (i32.const 65528) (i32.const 8))
      (memory.fill $b (i32.add (i32.const 2000) (local.get $n)) (local.get $n) (i32.const 3))
      (global.set $g (i64.mul (global.get $g) (i64.const 3)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 24))))
    (local.get $sum) (local.get $failed) (memory.size $a)))
