;; Comments (; nest (; here ;) ;) and strings escape.
(module binary "\00asm" "\01\00\00\00" "\00\05\04name")
