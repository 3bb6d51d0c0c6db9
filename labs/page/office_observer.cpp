#include "labs/page/office_observer.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>

#include "clients/cli/command_error.hpp"
#include "labs/network/office/office_text.hpp"
#include "labs/network/office/office_view.hpp"

namespace portlab {

namespace {

std::string document_of(const office::RunningOffice& office) try {
  return boost::json::serialize(office::map_json(office::look_at(office)));
} catch (const CommandError& failure) {
  return boost::json::serialize(
      boost::json::object{{"problems", boost::json::array{failure.reason()}}});
}

bool write_all(const FileDescriptor& to, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(to.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

[[noreturn]] void observe(const office::RunningOffice& office, const FileDescriptor& socket) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  char asked = 0;
  while (::read(socket.get(), &asked, 1) == 1)
    if (!write_all(socket, document_of(office) + "\n")) break;
  ::_exit(0);
}

}  // namespace

FileDescriptor start_office_observer(const office::RunningOffice& office) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  FileDescriptor ours(ends[0]);
  FileDescriptor theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {};
  if (child > 0) return ours;
  ours = FileDescriptor();
  observe(office, theirs);
}

}  // namespace portlab
