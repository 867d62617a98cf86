library_function() { echo "library: $1"; }
