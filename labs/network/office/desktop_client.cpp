#include "labs/network/office/desktop_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "clients/cli/command_error.hpp"
#include "common/system/socket_address.hpp"
#include "common/text.hpp"
#include "labs/network/execute.hpp"
#include "labs/network/office/confined_program.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_view.hpp"

namespace portlab::office {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds picture_max{30};
constexpr std::chrono::seconds end_max{3};
constexpr std::chrono::seconds connect_max{3};
constexpr milliseconds between_looks{100};
constexpr int equal_looks_min = 4;              // then the picture is complete
constexpr std::uint64_t drawn_percent_min = 2;  // more than a mouse pointer
constexpr int xfreerdp_failed_min = 128;        // xfreerdp(1): lower ones are ends of a session

std::string file_of(const std::string& host, const std::string& name) {
  return std::string(folder) + "/" + host + "/" + name;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether the process, a child of this one, has ended; then its exit status is in `status`.
bool has_ended(int& pid, int& status) {
  if (pid <= 0) return true;
  int wait_status = 0;
  if (::waitpid(pid, &wait_status, WNOHANG) == 0) return false;
  pid = 0;
  status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
  return true;
}

void end_process(int& pid) {
  int unused = 0;
  for (const int signal : {SIGTERM, SIGKILL}) {
    if (pid <= 0) return;
    ::kill(pid, signal);
    for (const auto end = Clock::now() + end_max; Clock::now() < end && !has_ended(pid, unused);)
      std::this_thread::sleep_for(milliseconds(5));
  }
}

/// What connect(2) says on the client's host: an errno; 0: the port accepts connections.
int try_to_connect(const RunningOffice& office, const DesktopCall& call) {
  if (const auto entered = enter_network(office.host(call.host)); !entered.ok())
    return entered.error;
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = to_socket_address(call.endpoint);
  if (::connect(socket.get(), address.data(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd ready{socket.get(), POLLOUT, 0};
  const auto limit = static_cast<int>(milliseconds(connect_max).count());
  if (::poll(&ready, 1, limit) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

/// The last error that xfreerdp printed: "… [ERROR][com.freerdp.core] - TEXT".
std::string last_error(const std::string& log) {
  const auto mark = log.rfind("[ERROR]");
  if (mark == std::string::npos) return "it printed no error";
  return displayable(log.substr(mark, log.find('\n', mark) - mark), 200);
}

/// Why xfreerdp ended: what the network says, else what xfreerdp says.
CommandError not_connected(const RunningOffice& office, const DesktopCall& call,
                           const std::string& log) {
  const int error = try_to_connect(office, call);
  if (error == ECONNREFUSED)
    return {Exit::no_connection,
            call.server + ": connection refused: no program on that host listens at this port",
            office_command(office.name, "desktop (at which port the desktop is)")};
  if (error != 0)
    return {Exit::no_connection, call.server + ": " + std::strerror(error),
            office_command(office.name, "rules server1 (the firewall of that host)")};
  return {Exit::failed, call.server + ": xfreerdp: " + last_error(log),
          office_command(office.name, "netstat -a (is it the desktop that listens at this port?)")};
}

/// The pixels of a file of Xvfb -fbdir: the format of xwd(1), 32 bits for each pixel.
struct Picture {
  std::string bytes;

  /// Whether enough pixels differ from the first one.
  bool is_drawn() const {
    constexpr std::size_t pixel_bytes = 4, colour_bytes = 12, header_bytes_min = 100;
    constexpr std::size_t header_size_at = 0, colours_at = 76;
    if (bytes.size() < header_bytes_min) return false;
    const auto begin = number(header_size_at) + number(colours_at) * colour_bytes;
    if (begin + pixel_bytes > bytes.size()) return false;
    std::uint64_t differing = 0, all = 0;
    for (auto at = begin; at + pixel_bytes <= bytes.size(); at += pixel_bytes, ++all)
      if (bytes.compare(at, pixel_bytes, bytes, begin, pixel_bytes) != 0) ++differing;
    return differing * 100 >= all * drawn_percent_min;
  }

 private:
  std::size_t number(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
      value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
  }
};

volatile std::sig_atomic_t interrupted = 0;
void note_interrupt(int) { interrupted = 1; }
void expect_no_interrupt() {
  if (interrupted != 0) throw CommandError(Exit::failed, "office: view: ended by a signal");
}

}  // namespace

std::vector<std::string> desktop_client_words(const DesktopCall& call) {
  return {freerdp_program("xfreerdp"), "/v:" + call.server, "/sec:rdp", "/cert:ignore"};
}

bool has_display() {
  const char* display = std::getenv("DISPLAY");
  if (display == nullptr) return false;
  const std::string_view name = display;
  return name.starts_with(':') || name.starts_with("unix:");
}

// In a window --------------------------------------------------------------------------------------

namespace {

/// In a child process: xfreerdp in the network and with the files of the host, but with this
/// machine's host name, which the X server's access control knows (Xsecurity(7)).
[[noreturn]] void become_window(const RunningOffice& office, const DesktopCall& call,
                                const std::string& log) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const auto& host = office.host(call.host);
  const char* home = std::getenv("HOME");
  if (std::getenv("XAUTHORITY") == nullptr && home != nullptr)
    ::setenv("XAUTHORITY", (std::string(home) + "/.Xauthority").c_str(), 1);
  if (!enter_network(host).ok() || ::setns(host.mount.get(), CLONE_NEWNS) != 0) ::_exit(126);
  const auto settings = file_of(call.host, "xfreerdp.tmp");
  std::error_code failed;
  std::filesystem::create_directory(settings, failed);
  ::setenv("HOME", settings.c_str(), 1);
  ::unsetenv("XDG_CONFIG_HOME");
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::_exit(execute("office", desktop_client_words(call)));
}

}  // namespace

void show_desktop(const RunningOffice& office, const DesktopCall& call) {
  const auto log = file_of(call.host, "xfreerdp.log");
  const int child =
      start_process(office, Started::attached, [&] { become_window(office, call, log); });
  if (child < 0)
    throw CommandError(Exit::no_connection, std::string("office: ") + std::strerror(errno));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const auto printed = text_of(path_from_here(office, log));
  if (printed.find("open display") != std::string::npos)
    throw CommandError(Exit::failed,
                       "xfreerdp cannot open the display " + std::string(std::getenv("DISPLAY")),
                       office_command(office.name, "view --output desktop.png (saves a picture)"));
  if (WIFEXITED(status) && WEXITSTATUS(status) < xfreerdp_failed_min) return;
  throw not_connected(office, call, printed);
}

// Without a window ---------------------------------------------------------------------------------

HiddenDesktop::HiddenDesktop(const RunningOffice& office, DesktopCall call)
    : office_(office),
      call_(std::move(call)),
      temporary_(file_of(call_.host, "view-" + std::to_string(::getpid()))) {
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) ::signal(each, note_interrupt);
  try {
    start_display();
    start_client();
    wait_for_picture();
  } catch (...) {
    end();
    throw;
  }
}

HiddenDesktop::~HiddenDesktop() { end(); }

void HiddenDesktop::end() {
  end_process(client_);
  end_process(display_);
  std::error_code failed;
  std::filesystem::remove_all(path_from_here(office_, temporary_), failed);
}

void HiddenDesktop::start_display() {
  ConfinedProgram xvfb;
  // Without an abstract socket, whose name another display of the host may have (-nolisten local).
  xvfb.words = {"Xvfb",
                ":1",
                "-screen",
                "0",
                std::to_string(desktop_width) + "x" + std::to_string(desktop_height) + "x24",
                "-nolisten",
                "tcp",
                "-nolisten",
                "local",
                "-noreset",
                "-fbdir",
                "/tmp"};
  xvfb.temporary = temporary_;
  xvfb.log = file_of(call_.host, "Xvfb.log");
  xvfb.started = Started::attached;
  display_ = start_confined(office_, call_.host, xvfb);
  const auto socket = path_from_here(office_, temporary_ + "/.X11-unix/X1");
  int status = 0;
  for (const auto end = Clock::now() + picture_max; Clock::now() < end;) {
    expect_no_interrupt();
    std::error_code unknown;
    if (std::filesystem::exists(socket, unknown)) return;
    if (has_ended(display_, status)) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  throw CommandError(Exit::failed,
                     "Xvfb does not start on " + call_.host + ": " +
                         displayable(text_of(path_from_here(office_, xvfb.log)), 300));
}

void HiddenDesktop::start_client() {
  ConfinedProgram client;
  client.words = desktop_client_words(call_);
  client.temporary = temporary_;
  client.log = temporary_ + "/xfreerdp.log";
  client.variables = {{"DISPLAY", ":1"}};
  client.started = Started::attached;
  client_ = start_confined(office_, call_.host, client);
}

void HiddenDesktop::wait_for_picture() {
  const auto file = path_from_here(office_, temporary_ + "/Xvfb_screen0");
  Picture last;
  int equal_looks = 0;
  int status = 0;
  for (const auto end = Clock::now() + picture_max; Clock::now() < end;) {
    if (has_ended(client_, status))
      throw not_connected(office_, call_,
                          text_of(path_from_here(office_, temporary_ + "/xfreerdp.log")));
    expect_no_interrupt();
    Picture now{text_of(file)};
    equal_looks = now.bytes == last.bytes && now.is_drawn() ? equal_looks + 1 : 0;
    if (equal_looks >= equal_looks_min) return;
    last = std::move(now);
    std::this_thread::sleep_for(between_looks);
  }
  throw CommandError(
      Exit::failed,
      call_.server + ": after " + std::to_string(picture_max.count()) + " s there is no picture",
      office_command(office_.name, "netstat :" + std::to_string(call_.endpoint.port)));
}

std::string HiddenDesktop::picture() const {
  auto made =
      run_in(office_.host(call_.host),
             {"sh", "-c", "xwdtopnm -quiet \"$1\" 2>/dev/null | pnmtopng -quiet 2>/dev/null", "sh",
              temporary_ + "/Xvfb_screen0"});
  if (!made.output.starts_with("\x89PNG"))
    throw CommandError(Exit::failed, "xwdtopnm and pnmtopng made no picture",
                       office_command(office_.name, "enter " + call_.host + " xwdtopnm -version"));
  return std::move(made.output);
}

bool HiddenDesktop::hold(milliseconds time) {
  int status = 0;
  for (const auto end = Clock::now() + time; Clock::now() < end && interrupted == 0;) {
    if (has_ended(client_, status)) return false;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return true;
}

}  // namespace portlab::office
