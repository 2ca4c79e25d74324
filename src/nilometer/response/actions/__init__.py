"""One action a file: proposed in words, performed after approval, undone or said why not. The file's name is its id."""
