// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IToken {
    function balanceOf(address holder) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// Keeps tokens for whoever deposits them. It cannot know which guest the token's code is of.
contract Vault {
    mapping(address => mapping(IToken => uint256)) public deposits;

    event Deposit(address indexed who, IToken indexed token, uint256 amount);

    /// Takes tokens that the caller has approved.
    function deposit(IToken token, uint256 amount) external {
        require(token.transferFrom(msg.sender, address(this), amount), "transfer");
        credit(msg.sender, token, amount);
    }

    /// Gives tokens back.
    function withdraw(IToken token, uint256 amount) external {
        require(deposits[msg.sender][token] >= amount, "deposit");
        deposits[msg.sender][token] -= amount;
        require(token.transfer(msg.sender, amount), "transfer");
    }

    /// What a token calls that was told to `transferAndCall`: a deposit in one message. The token is entered again, to be
    /// asked what there is, and with one byte of data a third of it goes back at once.
    function onTokenTransfer(address from, uint256 amount, bytes calldata data) external {
        IToken token = IToken(msg.sender);
        require(token.balanceOf(address(this)) >= amount, "nothing came");
        require(data.length < 2, "two bytes");
        uint256 back = data.length == 1 ? amount / 3 : 0;
        credit(from, token, amount - back);
        if (back > 0) {
            require(token.transfer(from, back), "transfer");
        }
    }

    /// All that the vault holds.
    function held(IToken token) external view returns (uint256) {
        return token.balanceOf(address(this));
    }

    /// What a static call does to a token that is told to change something.
    function poke(address token) external view returns (bool, bytes memory) {
        return token.staticcall(abi.encodeWithSignature("mint(uint256)", 5));
    }

    function credit(address who, IToken token, uint256 amount) private {
        deposits[who][token] += amount;
        emit Deposit(who, token, amount);
    }
}
