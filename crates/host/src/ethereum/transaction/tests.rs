mod authorize;
mod settle;
mod validity;
