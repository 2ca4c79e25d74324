"""One form a file: a standard that other systems read findings and cases in. The file's name is its id."""
