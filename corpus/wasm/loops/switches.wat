;; A machine of states: a switch goes back to the head of its loop, to an outer one, and out.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32 i32)
    (local $state i32) (local $n i32) (local $sum i32)
    (block $done
      (loop $outer
        (local.set $sum (i32.add (local.get $sum) (i32.const 100)))
        (loop $inner
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 3)) (local.get $state)))
          (i32.store (i32.shl (local.get $n) (i32.const 2)) (local.get $sum))
          (local.set $state (i32.rem_u (local.get $sum) (i32.const 5)))
          (br_if $done (i32.gt_u (local.get $n) (i32.const 60)))
          (br_table $inner $outer $inner $inner $outer (local.get $state)))))
    (local.get $sum) (local.get $n)))
