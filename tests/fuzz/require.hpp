#pragma once
// Checks a condition in a fuzzer. Unlike assert() it is active in every build.

#include <cstdio>
#include <cstdlib>

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::abort();
}
