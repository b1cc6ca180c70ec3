; A till: it holds tokens of any contract that offers `mint` and `transfer` as token.asm and token.wat do, and pays
; them out to whomever it is told. It cannot know which guest the token's code is of. Shanghai and later (PUSH0).
;
;   fill(address token, uint256 amount) -> bool              9d200c3f
;   pay(address token, address to, uint256 amount) -> bool   b3d76188
;
; What the token answers is the answer; whatever is wrong reverts without data: short input, or a token that reverts or
; answers other than with one word.
;
; Notation: as in token.asm.

        PUSH1 4 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH0 CALLDATALOAD PUSH1 0xe0 SHR               ; selector
        DUP1 PUSH4 0x9d200c3f EQ PUSH2 @fill JUMPI
        DUP1 PUSH4 0xb3d76188 EQ PUSH2 @pay JUMPI
@fail:
        PUSH0 PUSH0 REVERT

@fill:
        PUSH1 68 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH4 0xa0712d68 PUSH1 0xe0 SHL PUSH0 MSTORE    ; mint(uint256)
        PUSH1 32 PUSH1 36 PUSH1 4 CALLDATACOPY
        PUSH1 36 PUSH2 @ask JUMP

@pay:
        PUSH1 100 CALLDATASIZE LT PUSH2 @fail JUMPI
        PUSH4 0xa9059cbb PUSH1 0xe0 SHL PUSH0 MSTORE    ; transfer(address,uint256)
        PUSH1 64 PUSH1 36 PUSH1 4 CALLDATACOPY
        PUSH1 68
@ask:                                                   ; length of the input
        PUSH1 32 PUSH0 DUP3 PUSH0 PUSH0                 ; length, 32, 0, length, 0, value
        PUSH1 4 CALLDATALOAD GAS CALL                   ; length, whether it returned
        ISZERO PUSH2 @fail JUMPI
        PUSH1 32 RETURNDATASIZE EQ ISZERO PUSH2 @fail JUMPI
        PUSH1 32 PUSH0 RETURN

; Alone, without a token at the address that it is told:
; call: a11ce fill(address,uint256) 70ce 5 == revert
; call: a11ce pay(address,address,uint256) 70ce b0b 5 == revert
; call: a11ce pay(address,address,uint256) 70ce b0b == revert
; call: a11ce nothing() == revert
