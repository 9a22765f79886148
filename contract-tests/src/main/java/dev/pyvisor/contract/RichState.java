package dev.pyvisor.contract;

import java.util.List;

/**
 * Globals of every kind whose identity or inner state matters: no reading of plain data could bring
 * them back.
 *
 * <p>Immutable.
 */
final class RichState {
  /** Their names, without those of imported modules. */
  static final List<String> NAMES =
      List.of(
          "Account",
          "account",
          "alias",
          "awaited",
          "closure",
          "counter",
          "cycle",
          "deleted",
          "double",
          "handle",
          "made",
          "make_closure",
          "number",
          "running");

  /** The cell that makes them, in a directory of its own. */
  static final String MAKE =
      """
      import collections, functools, os, random, sys, types

      number = 41

      class Account:
          def __init__(self, owner):
              self.owner, self.balance = owner, 0
          def pay(self, amount):
              self.balance += amount

      account = alias = Account('ada')
      account.pay(5)

      def counter():
          n = 0
          while True:
              n += 1
              yield n

      running = counter()
      next(running), next(running)

      def make_closure(base):
          seen = []
          def closure(x):
              seen.append(x)
              return base + sum(seen)
          return closure

      closure = make_closure(100)
      closure(1)
      double = functools.partial(Account.pay, account)
      made = types.ModuleType('made')
      made.answer = 42
      sys.modules['made'] = made
      cycle = []
      cycle.append(cycle)
      async def awaited():
          return account.balance

      handle = open('data.txt', 'w+')
      handle.write('0123456789')
      handle.seek(4)
      deleted = open('deleted.txt', 'w+')
      deleted.write('gone')
      deleted.seek(1)
      os.remove('deleted.txt')
      random.seed(7)
      random.random()
      """;

  /** Code that changes all of them; it goes before what ends the kernel. */
  static final String SPOIL =
      """
      print('partial', flush=True)
      print('complaint', file=__import__('sys').stderr)
      number = 0
      account.pay(1000)
      next(running)
      closure(1000)
      handle.read(3)
      deleted.read()
      del made, double
      cycle.clear()
      random.random()
      new = 1
      Account.pay = None
      """;

  /** Prints one line that is {@link #AS_MADE} when all is as {@link #MAKE} left it. */
  static final String CHECK =
      """
      double(3)
      import made as imported
      print(number, account is alias, account.balance, next(running), closure(2),
            imported is made and made.answer, cycle[0] is cycle, await awaited(),
            handle.read(), deleted.read(), round(random.random(), 9), 'new' in globals())
      """;

  /** The last number but one is the second that {@code random.Random(7)} gives. */
  static final String AS_MADE = "41 True 8 3 103 42 True 8 456789 one 0.150849174 False\n";

  private RichState() {}
}
