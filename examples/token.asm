; A token. Anyone may mint to themselves; holders transfer. 272 bytes of EVM code, Shanghai and later (PUSH0).
;
;   mint(uint256 amount) -> bool               a0712d68
;   transfer(address to, uint256 amount) -> bool   a9059cbb
;   balanceOf(address holder) -> uint256       70a08231
;   totalSupply() -> uint256                   18160ddd
;
; State: slot 0 is the total supply; a holder's balance lies at keccak256(holder . 1), as Solidity lays out a mapping
; that is its second variable. Invariant: the balances sum up to the supply, so adding to one never overflows.
; Whatever is wrong reverts without data: value sent, short input, an address above 160 bits, too low a balance.
;
; Notation: `@name:` is a jump target, `@name` its place as the 2-byte immediate of PUSH2. What stands on the stack is
; written to the right, top last. The selector stays at the bottom throughout.

        CALLVALUE PUSH2 @fail JUMPI
        PUSH1 4 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH0 CALLDATALOAD PUSH1 0xe0 SHR               ; selector
        DUP1 PUSH4 0xa0712d68 EQ PUSH2 @mint JUMPI
        DUP1 PUSH4 0xa9059cbb EQ PUSH2 @transfer JUMPI
        DUP1 PUSH4 0x70a08231 EQ PUSH2 @balance_of JUMPI
        DUP1 PUSH4 0x18160ddd EQ PUSH2 @total_supply JUMPI
@fail:
        PUSH0 PUSH0 REVERT

@total_supply:
        PUSH0 SLOAD
        PUSH2 @answer JUMP

@balance_of:
        PUSH1 36 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH2 @balance_found PUSH1 4 CALLDATALOAD PUSH2 @slot_of JUMP
@balance_found:
        SLOAD
@answer:                                                ; word
        PUSH0 MSTORE
        PUSH1 32 PUSH0 RETURN

@mint:
        PUSH1 36 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH1 4 CALLDATALOAD                            ; amount
        PUSH0 SLOAD DUP2 ADD                            ; amount, supply after
        DUP2 DUP2 LT PUSH2 @fail JUMPI                  ; it wrapped
        PUSH0 SSTORE                                    ; amount
        PUSH2 @minter_found CALLER PUSH2 @slot_of JUMP
@minter_found:                                          ; amount, slot
        DUP1 SLOAD DUP3 ADD SWAP1 SSTORE                ; amount
        CALLER PUSH0                                    ; amount, to, from nobody
@announce:                                              ; Transfer(address indexed from, address indexed to, uint256)
        DUP3 PUSH0 MSTORE
        PUSH32 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef
        PUSH1 32 PUSH0 LOG3                             ; amount
        PUSH1 1 PUSH2 @answer JUMP

@transfer:
        PUSH1 68 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH1 36 CALLDATALOAD                           ; amount
        PUSH2 @payer_found CALLER PUSH2 @slot_of JUMP
@payer_found:                                           ; amount, slot
        DUP1 SLOAD                                      ; amount, slot, balance
        DUP3 DUP2 LT PUSH2 @fail JUMPI
        DUP3 SWAP1 SUB SWAP1 SSTORE                     ; amount
        PUSH2 @payee_found PUSH1 4 CALLDATALOAD PUSH2 @slot_of JUMP
@payee_found:                                           ; amount, slot
        DUP1 SLOAD DUP3 ADD SWAP1 SSTORE                ; amount
        PUSH1 4 CALLDATALOAD CALLER                     ; amount, to, from
        PUSH2 @announce JUMP

@slot_of:                                               ; return place, holder
        DUP1 PUSH1 160 SHR PUSH2 @fail JUMPI
        PUSH0 MSTORE
        PUSH1 1 PUSH1 32 MSTORE
        PUSH1 64 PUSH0 KECCAK256                        ; return place, slot
        SWAP1 JUMP

; What it does, one call after the other: caller, selector, arguments, answer. All numbers are hexadecimal.
; call: a11ce mint(uint256) 3e8 == 1
; call: a11ce totalSupply() == 3e8
; call: a11ce transfer(address,uint256) b0b 190 == 1
; call: a11ce balanceOf(address) a11ce == 258
; call: a11ce balanceOf(address) b0b == 190
; call: b0b transfer(address,uint256) a11ce 191 == revert
; call: b0b transfer(address,uint256) b0b 190 == 1
; call: b0b balanceOf(address) b0b == 190
; call: b0b transfer(address,uint256) b0b == revert
; call: b0b balanceOf(address) 10000000000000000000000000000000000000b0b00000000 == revert
; call: b0b mint(uint256) fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc17 == 1
; call: b0b mint(uint256) 1 == revert
; call: b0b totalSupply() == ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
; call: b0b nothing() == revert
