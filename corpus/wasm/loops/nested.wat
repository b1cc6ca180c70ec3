;; Three loops in one another and two one after the other, which share variables and write to memory.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i64 i32)
    (local $i i32) (local $j i32) (local $k i32) (local $sum i64) (local $at i32)
    (loop $outer
      (local.set $j (i32.const 0))
      (loop $middle
        (local.set $k (i32.const 3))
        (loop $inner
          (local.set $sum
            (i64.add (i64.mul (local.get $sum) (i64.const 31))
              (i64.extend_i32_u (i32.add (local.get $i) (i32.mul (local.get $j) (local.get $k))))))
          (br_if $inner (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (i64.store (i32.shl (local.get $at) (i32.const 3)) (local.get $sum))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $middle (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 4))))
      (br_if $outer (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (loop $after
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $sum (i64.xor (local.get $sum)
        (i64.rotl (i64.load (i32.shl (local.get $at) (i32.const 3))) (i64.extend_i32_u (local.get $at)))))
      (br_if $after (local.get $at)))
    (local.get $sum) (local.get $i)))
