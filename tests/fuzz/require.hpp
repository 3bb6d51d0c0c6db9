#pragma once
// What a fuzzer demands of the code under test. Not assert(): it must hold in every build.

#include <cstdio>
#include <cstdlib>

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}
