// Virtual calls over a list of shapes of five classes; argv[1] thousand walks.
#include <memory>
#include <vector>
#include "bench.h"

struct Shape {
  virtual ~Shape() = default;
  virtual long area(long scale) const = 0;
};
struct Square : Shape {
  long side;
  explicit Square(long s) : side(s) {}
  long area(long scale) const override { return side * side * scale; }
};
struct Rectangle : Shape {
  long a, b;
  Rectangle(long x, long y) : a(x), b(y) {}
  long area(long scale) const override { return a * b + scale; }
};
struct Triangle : Rectangle {
  using Rectangle::Rectangle;
  long area(long scale) const override { return a * b / 2 - scale; }
};
struct Frame : Square {
  using Square::Square;
  long area(long scale) const override { return Square::area(scale) - (side - 2) * (side - 2); }
};
struct Nothing : Shape {
  long area(long) const override { return 0; }
};

static std::unique_ptr<Shape> make(unsigned kind, long size) {
  switch (kind) {
    case 0: return std::make_unique<Square>(size);
    case 1: return std::make_unique<Rectangle>(size, size + 3);
    case 2: return std::make_unique<Triangle>(size, size + 1);
    case 3: return std::make_unique<Frame>(size + 2);
    default: return std::make_unique<Nothing>();
  }
}

int main(int argc, char **argv) {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 0; i < 1000; i++) shapes.push_back(make(next_random() % 5, static_cast<long>(next_random() % 100)));
  long total = 0;
  for (long n = work(argc, argv) * 1000; n > 0; n--)
    for (const auto &shape : shapes) total += shape->area(n & 7);
  printf("%ld\n", total);
}
