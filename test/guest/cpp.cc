// build: g++ -O1 -pthread
// build: g++ -O2 -pthread -static
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <unordered_map>
#include <variant>
#include <vector>

struct Noisy {
  std::string name;
  explicit Noisy(std::string n) : name(std::move(n)) {}
  ~Noisy() { std::cout << "~" << name << "\n"; }
};

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : virtual Shape {
  double side = 3;
  double area() const override { return side * side; }
};
struct Named : virtual Shape {
  std::string name = "named";
};
struct Both : Square, Named {};

static int fall(int depth) {
  Noisy n("depth " + std::to_string(depth));
  if (depth == 0) throw std::out_of_range("bottom");
  return fall(depth - 1) + 1;
}

static void rethrow() {
  try {
    fall(3);
  } catch (const std::logic_error &e) {
    std::cout << "caught " << e.what() << "\n";
    throw;
  }
}

int main() {
  try {
    rethrow();
  } catch (const std::exception &e) {
    std::cout << "again " << typeid(e).name() << "\n";
  }
  try {
    throw 42;
  } catch (int n) {
    std::cout << n << "\n";
  }
  try {
    std::vector<int>().at(3);
  } catch (...) {
    std::cout << "anything\n";
  }
  try {
    Shape *shape = new Square;
    dynamic_cast<Named &>(*shape).name = "x";
  } catch (const std::bad_cast &e) {
    std::cout << e.what() << "\n";
  }
  Both both;
  Shape *shape = &both;
  std::cout << shape->area() << dynamic_cast<Named *>(shape)->name << dynamic_cast<Square *>(shape)->side << "\n";
  std::cout << (typeid(*shape) == typeid(Both)) << "\n";
  int caught = 0;
  for (int i = 0; i < 2000; i++) {
    try {
      if (i % 2) throw std::runtime_error("x");
      else throw i;
    } catch (int) {
      caught++;
    } catch (const std::runtime_error &) {
      caught += 2;
    }
  }
  std::cout << caught << "\n";
  try {
    std::string().substr(5);
  } catch (const std::out_of_range &e) {
    std::cout << e.what() << "\n";
  }
  try {
    volatile size_t much = size_t(1) << 62;
    char *p = new char[much];
    std::cout << p << "\n";
  } catch (const std::bad_alloc &e) {
    std::cout << e.what() << "\n";
  }

  std::map<std::string, int> words;
  std::istringstream text("the quick brown fox jumps over the lazy dog and the cat");
  for (std::string w; text >> w;) words[w]++;
  for (auto &[w, n] : words) std::cout << w << n << " ";
  std::cout << "\n";
  std::mt19937 random(12345);
  std::vector<int> numbers(10000);
  for (auto &n : numbers) n = random() % 100000;
  std::sort(numbers.begin(), numbers.end());
  std::cout << numbers[0] << " " << numbers[5000] << " " << std::accumulate(numbers.begin(), numbers.end(), 0L) << "\n";
  std::unordered_map<int, std::string> hash;
  for (int i = 0; i < 5000; i++) hash[i * 7919] = std::to_string(i);
  std::cout << hash.size() << hash[7919 * 4321] << "\n";
  std::smatch m;
  std::string s = "2024-02-29T12:34:56";
  std::cout << std::regex_match(s, m, std::regex("(\\d+)-(\\d+)-(\\d+)T.*")) << m[1] << m[3] << "\n";
  std::variant<int, std::string> v = "text";
  std::visit([](auto &x) { std::cout << x << "\n"; }, v);
  std::uniform_real_distribution<double> uniform;
  std::cout.precision(15);
  std::cout << uniform(random) << " " << std::normal_distribution<>()(random) << "\n";

  std::atomic<int> count{0};
  std::mutex lock;
  std::condition_variable change;
  int turn = 0;
  std::vector<std::thread> threads;
  std::string order;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 1000; j++) count++;
      std::unique_lock<std::mutex> hold(lock);
      change.wait(hold, [&] { return turn == i; });
      order += char('a' + i);
      turn++;
      change.notify_all();
    });
  for (auto &t : threads) t.join();
  std::cout << count << order << "\n";
  auto future = std::async(std::launch::async, [] {
    if (true) throw std::runtime_error("from the other thread");
    return 1;
  });
  try {
    future.get();
  } catch (const std::exception &e) {
    std::cout << e.what() << "\n";
  }
  thread_local Noisy local("thread local");
  std::cout << local.name << "\n";
  static Noisy last("static");
  auto shared = std::make_shared<Noisy>("shared");
  std::weak_ptr<Noisy> weak = shared;
  shared.reset();
  std::cout << weak.expired() << std::endl;
  std::set_terminate([] {
    std::cout << "terminate" << std::endl;
    std::_Exit(3);
  });
  if (numbers.size() == 1) throw 1;
  return 0;
}
