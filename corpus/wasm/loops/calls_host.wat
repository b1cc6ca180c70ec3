;; Calls the host in each turn, which takes gas of its own: little, and more than a slice.
(module
  (import "test" "spend" (func $spend (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (local $n i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3))
        (call $spend (i32.mul (i32.and (local.get $n) (i32.const 3)) (i32.const 17)))))
      (i32.store (i32.shl (local.get $n) (i32.const 2)) (local.get $sum))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 90))))
    (local.get $sum)))
