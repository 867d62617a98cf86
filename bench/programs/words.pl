# Regular expressions, hashes and sorting, on the lines of a file.
use strict;
use warnings;

my ($path, $rounds) = @ARGV;
open(my $in, '<', $path) or die "$path: $!";
my @lines = <$in>;
close $in;

for my $round (1 .. $rounds) {
  my (%count, %pair);
  my ($vowels, $swapped, $long) = (0, 0, 0);
  for (@lines[0 .. 3999]) {
    my $line = $_;
    $count{lc $1}++ while $line =~ /\b(\w{3,})\b/g;
    $pair{"$1$2"}++ while $line =~ /([aeiou])[^aeiou\s]+([aeiou])/g;
    $vowels += ($line =~ tr/aeiou//);
    $swapped++ while $line =~ s/\b(\w+) \1\b/$1/;
    $long++ if $line =~ /(?:\w+ ){3,}(?=\w*ing|\w*er)\w+/;
    $line =~ s/(\w+) (\w+)/\u$2 \U$1/g;
    $count{$line}++ if $line =~ /^[A-Z][a-z]+ [A-Z]+$/m;
  }
  my @top = (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[0 .. 4];
  my @pairs = (sort { $pair{$b} <=> $pair{$a} || $a cmp $b } keys %pair)[0 .. 4];
  print join(' ', $round, $vowels, $swapped, $long, @top, @pairs), "\n";
}
