"""Arithmetic: bodies under gravity in floats, permutations of small lists, digits of pi in long integers."""
import sys


def gravity(steps):
    bodies = [[4.0 * i + 1, 0.0, 0.1 * i, 0.0, (40 / (4.0 * i + 1)) ** 0.5, 0.0, 0.01 / (i + 1)] for i in range(5)]
    bodies[0] = [0.0] * 6 + [40.0]
    for _ in range(steps):
        for i, a in enumerate(bodies):
            for b in bodies[i + 1 :]:
                dx, dy, dz = a[0] - b[0], a[1] - b[1], a[2] - b[2]
                pull = 0.001 * (dx * dx + dy * dy + dz * dz) ** -1.5
                for k, d in enumerate((dx, dy, dz), 3):
                    a[k] -= d * b[6] * pull
                    b[k] += d * a[6] * pull
        for body in bodies:
            for k in range(3):
                body[k] += 0.001 * body[k + 3]
    return bodies[1][0]


def flips(n):
    """Most reversals that bring 1 to the front, over all permutations of n numbers."""
    most, order, count = 0, list(range(n)), [0] * n
    while True:
        p, k = order[:], 0
        while first := p[0]:
            p[: first + 1] = p[first::-1]
            k += 1
        most = max(most, k)
        for i in range(1, n):
            order.insert(i, order.pop(0))
            count[i] += 1
            if count[i] <= i:
                break
            count[i] = 0
        else:
            return most


def pi(digits):
    unity = 10 ** (digits + 10)

    def arctan(x):
        power = total = unity // x
        n, sign = 3, -1
        while power:
            power //= x * x
            total += sign * (power // n)
            n, sign = n + 2, -sign
        return total

    return 4 * (4 * arctan(5) - arctan(239)) // 10**10


for _ in range(int(sys.argv[1])):
    found = "%.12f" % gravity(1200), flips(7), str(pi(2400))[-20:]
print(*found)
