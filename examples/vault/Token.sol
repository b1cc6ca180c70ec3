// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IReceiver {
    function onTokenTransfer(address from, uint256 amount, bytes calldata data) external;
}

/// The token of `token/` in Solidity: the twin that tests compare it with.
contract Token {
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    function mint(uint256 amount) external returns (bool) {
        unchecked {
            require(totalSupply + amount >= totalSupply, "supply");
        }
        totalSupply += amount;
        credit(address(0), msg.sender, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        uint256 left = allowance[from][msg.sender];
        if (left != type(uint256).max) {
            require(left >= amount, "allowance");
            allowance[from][msg.sender] = left - amount;
        }
        move(from, to, amount);
        return true;
    }

    function transferAndCall(address to, uint256 amount, bytes calldata data) external returns (bool) {
        require(data.length <= 256, "data");
        move(msg.sender, to, amount);
        if (to.code.length > 0) {
            IReceiver(to).onTokenTransfer(msg.sender, amount, data);
        }
        return true;
    }

    function move(address from, address to, uint256 amount) private {
        require(to != address(0), "zero address");
        require(balanceOf[from] >= amount, "balance");
        balanceOf[from] -= amount;
        credit(from, to, amount);
    }

    function credit(address from, address to, uint256 amount) private {
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
    }
}
