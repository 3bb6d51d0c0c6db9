#include "labs/network/office/running_office.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <span>
#include <system_error>

#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace json = boost::json;

namespace {

constexpr std::size_t name_bytes_max = 32;
constexpr std::size_t message_bytes_max = 16 * 1024;
constexpr std::size_t descriptors_per_host = 3;
constexpr std::size_t descriptors_max = 2 + descriptors_per_host * 16;
constexpr int connections_waiting_max = 16;
constexpr int answer_seconds_max = 30;  // the office may still be coming up

std::string outside_prefix() { return "portlab-office-" + std::to_string(::geteuid()) + "-"; }

/// The address of a Unix socket.
struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = 0;
};

UnixAddress abstract_address(const std::string& name) {
  UnixAddress to;
  to.address.sun_family = AF_UNIX;
  const auto text = outside_prefix() + name;  // is_name() keeps it far shorter than sun_path
  std::memcpy(to.address.sun_path + 1, text.data(), text.size());
  to.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  return to;
}

std::string inside_path() { return std::string(folder) + "/office"; }

UnixAddress inside_address() {
  UnixAddress to;
  to.address.sun_family = AF_UNIX;
  const auto path = inside_path();
  std::memcpy(to.address.sun_path, path.data(), path.size());
  to.size = sizeof to.address;
  return to;
}

FileDescriptor new_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

Result<FileDescriptor> listen_at(const UnixAddress& where) {
  auto socket = new_socket();
  const auto* address = reinterpret_cast<const sockaddr*>(&where.address);
  if (!socket || ::bind(socket.get(), address, where.size) != 0 ||
      ::listen(socket.get(), connections_waiting_max) != 0 ||
      ::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
    return Error{std::generic_category().message(errno)};
  return socket;
}

/// A message with file descriptors beside its text (cmsg(3)), to send or to receive.
class DescriptorMessage {
 public:
  explicit DescriptorMessage(std::span<char> text) : part_{text.data(), text.size()} {
    header.msg_iov = &part_;
    header.msg_iovlen = 1;
    header.msg_control = control_.data();
    header.msg_controllen = control_.size();
  }
  DescriptorMessage(const DescriptorMessage&) = delete;
  DescriptorMessage& operator=(const DescriptorMessage&) = delete;

  /// Puts descriptors into a message that will be sent.
  void attach(std::span<const int> descriptors) {
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* head = CMSG_FIRSTHDR(&header);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }

  msghdr header{};

 private:
  iovec part_;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> control_{};
};

std::string to_text(const RunningOffice& office) {
  json::array names;
  for (const auto& host : office.hosts) names.emplace_back(host.name);
  json::array notes;
  for (const auto& note : office.notes) notes.emplace_back(note);
  return json::serialize(json::object{{"name", office.name},
                                      {"started", office.started},
                                      {"starter", office.starter},
                                      {"hosts", std::move(names)},
                                      {"notes", std::move(notes)}});
}

std::vector<int> descriptors_of(const RunningOffice& office) {
  std::vector<int> all{office.user.get(), office.pids.get()};
  for (const auto& host : office.hosts)
    for (const auto* each : {&host.network, &host.uts, &host.mount}) all.push_back(each->get());
  return all;
}

/// Takes the descriptors out of a received message, in order.
std::vector<FileDescriptor> take_descriptors(msghdr& message) {
  std::vector<FileDescriptor> taken;
  for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int value = -1;
      std::memcpy(&value, CMSG_DATA(head) + i * sizeof(int), sizeof value);
      taken.emplace_back(value);
    }
  }
  return taken;
}

/// Reads the text of to_text(), and gives each host its descriptors. False: it is malformed.
bool read_text(std::string_view text, std::vector<FileDescriptor> descriptors, RunningOffice& to) {
  boost::system::error_code failed;
  const auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return false;
  std::vector<std::string> names;
  try {
    const auto& object = value.as_object();
    to.name = json::value_to<std::string>(object.at("name"));
    to.started = json::value_to<std::int64_t>(object.at("started"));
    to.starter = json::value_to<std::string>(object.at("starter"));
    to.notes = json::value_to<std::vector<std::string>>(object.at("notes"));
    names = json::value_to<std::vector<std::string>>(object.at("hosts"));
  } catch (const std::exception&) {
    return false;
  }
  if (descriptors.size() != 2 + descriptors_per_host * names.size()) return false;
  auto next = descriptors.begin();
  to.user = std::move(*next++);
  to.pids = std::move(*next++);
  for (auto& name : names) {
    HostNamespaces host{std::move(name), std::move(next[0]), std::move(next[1]),
                        std::move(next[2])};
    next += descriptors_per_host;
    to.hosts.push_back(std::move(host));
  }
  return std::ranges::all_of(office::hosts(), [&](const Host& host) {
    return std::ranges::count(to.hosts, host.name, &HostNamespaces::name) == 1;
  });
}

std::optional<RunningOffice> receive(const FileDescriptor& socket) {
  std::array<char, message_bytes_max> text;
  DescriptorMessage message(text);
  ssize_t got = -1;
  do got = ::recvmsg(socket.get(), &message.header, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  RunningOffice office;
  if (!read_text({text.data(), static_cast<std::size_t>(got)}, take_descriptors(message.header),
                 office))
    return std::nullopt;
  return office;
}

}  // namespace

const HostNamespaces& RunningOffice::host(std::string_view host_name) const {
  return *std::ranges::find(hosts, host_name, &HostNamespaces::name);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && std::ranges::all_of(text, [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '-';
  });
}

bool is_inside() { return ::access(inside_path().c_str(), F_OK) == 0; }

std::optional<RunningOffice> find_office(const std::string& name) {
  const auto where = is_inside() ? inside_address() : abstract_address(name);
  const auto socket = new_socket();
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&where.address), where.size) != 0)
    return std::nullopt;
  // The kernel's answer (SO_PEERCRED): another user may have bound the name.
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
      peer.uid != ::geteuid())
    return std::nullopt;
  FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)));
  const timeval limit{answer_seconds_max, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  auto office = receive(socket);
  if (!office) return std::nullopt;
  office->pid = peer.pid;
  office->process = std::move(process);
  return office;
}

bool end_office(const RunningOffice& office) {
  constexpr int wait_milliseconds_max = 5000;
  for (const int number : {SIGTERM, SIGKILL}) {
    ::syscall(SYS_pidfd_send_signal, office.process.get(), number, nullptr, 0);
    pollfd ended{office.process.get(), POLLIN, 0};
    if (::poll(&ended, 1, wait_milliseconds_max) > 0) return true;
  }
  return false;
}

std::vector<std::string> office_names() {
  std::vector<std::string> names;
  std::ifstream table("/proc/net/unix");
  const auto prefix = "@" + outside_prefix();
  for (std::string line; std::getline(table, line);) {
    const auto at = line.find(prefix);
    if (at == std::string::npos) continue;
    // Connections that wait for their answer have the same name.
    const auto name = line.substr(at + prefix.size());
    if (is_name(name) && std::ranges::count(names, name) == 0) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Result<FileDescriptor> listen_outside(const std::string& name) {
  return listen_at(abstract_address(name));
}

Result<FileDescriptor> listen_inside() { return listen_at(inside_address()); }

void answer(const FileDescriptor& listener, const RunningOffice& office) {
  const FileDescriptor peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer) return;
  // Any user may connect. The descriptors are of no use to another user: setns(2) asks for
  // privileges in the office's user namespace.
  auto text = to_text(office);
  DescriptorMessage message(text);
  message.attach(descriptors_of(office));
  static_cast<void>(::sendmsg(peer.get(), &message.header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace portlab::office
