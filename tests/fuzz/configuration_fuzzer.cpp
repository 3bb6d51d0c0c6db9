// portlabd's configuration file: it is read, or refused with its name and a reason.

#include <sys/mman.h>
#include <unistd.h>

#include "common/bytes.hpp"
#include "servers/daemon/settings.hpp"
#include "tests/fuzz/require.hpp"

using namespace portlab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("portlab-fuzz", MFD_CLOEXEC);
  static const auto path = "/proc/self/fd/" + std::to_string(file);
  require(::ftruncate(file, 0) == 0, "ftruncate works");
  require(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "pwrite works");
  const auto settings = read_settings({"--config", path});
  if (settings)
    require(settings->core.workers > 0 && settings->core.limits.sessions_max > 0,
            "the settings are valid");
  else
    require(settings.error().text.find(path) != std::string::npos, "an error names the file");
  return 0;
}
