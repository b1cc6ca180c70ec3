;; The token of token.asm as a WebAssembly contract: the same functions, the same storage, the same answers.
;;
;;   mint(uint256 amount) -> bool                   a0712d68
;;   transfer(address to, uint256 amount) -> bool   a9059cbb
;;   balanceOf(address holder) -> uint256           70a08231
;;   totalSupply() -> uint256                       18160ddd
;;
;; State: slot 0 is the total supply; a holder's balance lies at keccak256(holder . 1). Invariant: the balances sum up to
;; the supply, so adding to one never overflows. Whatever is wrong reverts without data.
;;
;; Memory, in words of 32 bytes, most significant byte first:
;;
;;   0x000  holder, of whom a slot is sought      0x0c0  a balance or the supply
;;   0x020  one: the mapping's number, and true   0x0e0  zero: the slot of the supply
;;   0x040  slot of the holder's balance          0x100  value
;;   0x060  topic: the event                      0x13c  input: selector of four bytes
;;   0x080  topic: from                           0x140  first argument
;;   0x0a0  topic: to                             0x160  second argument
(module
  (import "eth" "calldata_size" (func $calldata_size (result i32)))
  (import "eth" "calldata_copy" (func $calldata_copy (param $to i32) (param $from i32) (param $len i32)))
  (import "eth" "caller" (func $caller (param $out i32)))
  (import "eth" "value" (func $value (param $out i32)))
  (import "eth" "storage_load" (func $storage_load (param $key i32) (param $out i32)))
  (import "eth" "storage_store" (func $storage_store (param $key i32) (param $value i32)))
  (import "eth" "keccak256" (func $keccak256 (param $at i32) (param $len i32) (param $out i32)))
  (import "eth" "log" (func $log (param $at i32) (param $len i32) (param $topics i32) (param $count i32)))
  (import "eth" "finish" (func $finish (param $at i32) (param $len i32)))
  (import "eth" "revert" (func $revert (param $at i32) (param $len i32)))

  (memory 1)
  (data (i32.const 0x3f) "\01")
  ;; Transfer(address indexed from, address indexed to, uint256)
  (data (i32.const 0x60)
    "\dd\f2\52\ad\1b\e2\c8\9b\69\c2\b0\68\fc\37\8d\aa\95\2b\a7\f1\63\c4\a1\16\28\f5\5a\4d\f5\23\b3\ef")

  (func (export "main")
    (local $selector i32)
    (call $value (i32.const 0x100))
    (if (call $is_zero (i32.const 0x100)) (then) (else (call $fail)))
    (call $need (i32.const 4))
    (call $calldata_copy (i32.const 0x13c) (i32.const 0) (i32.const 68))
    ;; Loads begin with the least significant byte: selectors stand here back to front.
    (local.set $selector (i32.load (i32.const 0x13c)))
    (if (i32.eq (local.get $selector) (i32.const 0x682d71a0)) (then (call $mint)))
    (if (i32.eq (local.get $selector) (i32.const 0xbb9c05a9)) (then (call $transfer)))
    (if (i32.eq (local.get $selector) (i32.const 0x3182a070)) (then (call $balance_of)))
    (if (i32.eq (local.get $selector) (i32.const 0xdd0d1618)) (then (call $total_supply)))
    (call $fail))

  (func $total_supply
    (call $storage_load (i32.const 0xe0) (i32.const 0xc0))
    (call $answer (i32.const 0xc0)))

  (func $balance_of
    (call $need (i32.const 36))
    (call $find (i32.const 0x140))
    (call $answer (i32.const 0xc0)))

  (func $mint
    (call $need (i32.const 36))
    (call $storage_load (i32.const 0xe0) (i32.const 0xc0))
    (if (call $add (i32.const 0x140)) (then (call $fail)))
    (call $storage_store (i32.const 0xe0) (i32.const 0xc0))
    (call $caller (i32.const 0xac))
    (call $credit (i32.const 0x140)))

  (func $transfer
    (call $need (i32.const 68))
    (call $caller (i32.const 0x8c))
    (call $find (i32.const 0x80))
    (if (call $subtract (i32.const 0x160)) (then (call $fail)))
    (call $storage_store (i32.const 0x40) (i32.const 0xc0))
    (memory.copy (i32.const 0xa0) (i32.const 0x140) (i32.const 32))
    (call $credit (i32.const 0x160)))

  ;; Adds the amount to the balance of whom the topic `to` says, announces it and answers that it is done.
  (func $credit (param $amount i32)
    (call $find (i32.const 0xa0))
    (drop (call $add (local.get $amount)))
    (call $storage_store (i32.const 0x40) (i32.const 0xc0))
    (call $log (local.get $amount) (i32.const 32) (i32.const 0x60) (i32.const 3))
    (call $answer (i32.const 0x20)))

  ;; Finds the balance of the holder, an address as a word, and where it is stored.
  (func $find (param $holder i32)
    (if (i32.or
          (i64.ne (i64.load (local.get $holder)) (i64.const 0))
          (i32.load offset=8 (local.get $holder)))
      (then (call $fail)))
    (memory.copy (i32.const 0) (local.get $holder) (i32.const 32))
    (call $keccak256 (i32.const 0) (i32.const 64) (i32.const 0x40))
    (call $storage_load (i32.const 0x40) (i32.const 0xc0)))

  ;; Adds the amount to the word at 0xc0; says whether it wrapped.
  (func $add (param $amount i32) (result i32)
    (local $at i32) (local $sum i32)
    (local.set $at (i32.const 32))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $sum (i32.add (local.get $sum) (i32.add
        (i32.load8_u offset=0xc0 (local.get $at))
        (i32.load8_u (i32.add (local.get $amount) (local.get $at))))))
      (i32.store8 offset=0xc0 (local.get $at) (local.get $sum))
      (local.set $sum (i32.shr_u (local.get $sum) (i32.const 8)))
      (br_if $next (local.get $at)))
    (local.get $sum))

  ;; Takes the amount from the word at 0xc0; says whether it wrapped.
  (func $subtract (param $amount i32) (result i32)
    (local $at i32) (local $difference i32)
    (local.set $at (i32.const 32))
    (loop $next
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (local.set $difference (i32.add (local.get $difference) (i32.sub
        (i32.load8_u offset=0xc0 (local.get $at))
        (i32.load8_u (i32.add (local.get $amount) (local.get $at))))))
      (i32.store8 offset=0xc0 (local.get $at) (local.get $difference))
      (local.set $difference (i32.shr_s (local.get $difference) (i32.const 8)))
      (br_if $next (local.get $at)))
    (local.get $difference))

  (func $is_zero (param $word i32) (result i32)
    (i64.eqz (i64.or
      (i64.or (i64.load (local.get $word)) (i64.load offset=8 (local.get $word)))
      (i64.or (i64.load offset=16 (local.get $word)) (i64.load offset=24 (local.get $word))))))

  (func $need (param $bytes i32)
    (if (i32.lt_u (call $calldata_size) (local.get $bytes)) (then (call $fail))))

  (func $answer (param $word i32)
    (call $finish (local.get $word) (i32.const 32)))

  (func $fail
    (call $revert (i32.const 0) (i32.const 0))))
