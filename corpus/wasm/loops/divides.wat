;; Traps in the middle of the loop, by a division, after writes.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (local $n i32) (local $sum i32)
    (local.set $n (i32.const 30))
    (loop $again
      (i32.store (i32.mul (local.get $n) (i32.const 4)) (local.get $sum))
      (local.set $sum (i32.add (local.get $sum) (i32.div_u (i32.const 1000) (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $again))
    (local.get $sum)))
