"""What each system demands, row by row, against what the program registers for its stack file."""
