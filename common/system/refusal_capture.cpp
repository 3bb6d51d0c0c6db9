#include "common/system/refusal_capture.hpp"

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <future>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "common/system/interfaces.hpp"
#include "common/system/landlock.hpp"
#include "common/system/privileges.hpp"
#include "common/system/seccomp.hpp"

namespace portlab {

namespace {

constexpr std::size_t interfaces_max = 8;  // loopback, and seven others
/// For interfaces that get an address after the start.
constexpr std::size_t spare_sockets = 2;
constexpr std::size_t frame_bytes = 256;
constexpr std::size_t block_bytes = 4096;
// A scan of all ports of this machine by itself is the fastest source of refusals.
constexpr std::size_t loopback_frames = 4096;
constexpr std::size_t other_frames = 512;
static_assert(loopback_frames * frame_bytes % block_bytes == 0 &&
              other_frames * frame_bytes % block_bytes == 0);
/// Of a packet; a frame has less room after its header, and the kernel cuts there.
constexpr std::uint32_t packet_bytes_max = frame_bytes;

/// An EtherType for local experiments (RFC 9542 appendix B): a socket that is bound to it gets no
/// packet. packet(7) has no way to be bound to none again.
constexpr std::uint16_t no_protocol = 0x88b5;

enum Command : char { on = '1', off = '0', count_lost = '?' };

/// An instruction of a packet filter (socket(7), SO_ATTACH_FILTER) whose jumps name the number of an
/// instruction.
struct Instruction {
  std::uint16_t code;
  std::uint32_t value;
  std::uint8_t if_true = 0;
  std::uint8_t if_false = 0;
};

constexpr std::uint32_t field(int offset) { return static_cast<std::uint32_t>(offset); }

/// Passes refusals only, and cuts them. `packet_type`: of the packets that are looked at,
/// PACKET_OUTGOING or another one of packet(7). On a packet socket of the type SOCK_DGRAM the bytes
/// begin with the IP header. An RST that answers a SYN has the sequence number 0 (RFC 9293 section
/// 3.10.7.1); one that ends a connection has another one.
std::vector<sock_filter> refusal_filter(std::uint32_t packet_type) {
  constexpr std::uint16_t byte = BPF_LD | BPF_B | BPF_ABS, half = BPF_LD | BPF_H | BPF_ABS,
                          word = BPF_LD | BPF_W | BPF_ABS, equal = BPF_JMP | BPF_JEQ | BPF_K,
                          any_bit = BPF_JMP | BPF_JSET | BPF_K;
  constexpr std::uint8_t ipv4 = 7, tcp4 = 15, ipv6 = 19, tcp6 = 24, pass = 28, drop = 29;
  constexpr std::uint32_t rst = 4;
  const std::array<Instruction, 30> instructions{{
      {word, field(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)},  // seen at the VLAN's own interface
      {equal, 0, 2, drop},
      {word, field(SKF_AD_OFF + SKF_AD_PKTTYPE)},
      {equal, packet_type, 4, drop},
      {word, field(SKF_AD_OFF + SKF_AD_PROTOCOL)},
      {equal, ETH_P_IPV6, ipv6, 6},
      {equal, ETH_P_IP, ipv4, drop},
      {half, 6},  // ipv4: the offset of a fragment
      {any_bit, 0x1fff, drop, 9},
      {BPF_LDX | BPF_B | BPF_MSH, 0},  // the length of the header
      {byte, 9},
      {equal, IPPROTO_TCP, tcp4, 12},
      {equal, IPPROTO_ICMP, 13, drop},
      {BPF_LD | BPF_H | BPF_IND, 0},
      {equal, 0x0303, pass, drop},     // type 3, code 3
      {BPF_LD | BPF_B | BPF_IND, 13},  // tcp4: the flags
      {any_bit, rst, 17, drop},
      {BPF_LD | BPF_W | BPF_IND, 4},  // the sequence number
      {equal, 0, pass, drop},
      {byte, 6},  // ipv6: next header; the kernel sends refusals without extension headers
      {equal, IPPROTO_TCP, tcp6, 21},
      {equal, IPPROTO_ICMPV6, 22, drop},
      {half, 40},
      {equal, 0x0104, pass, drop},  // type 1, code 4
      {byte, 53},                   // tcp6
      {any_bit, rst, 26, drop},
      {word, 44},
      {equal, 0, pass, drop},
      {BPF_RET | BPF_K, packet_bytes_max},  // pass
      {BPF_RET | BPF_K, 0},                 // drop
  }};
  std::vector<sock_filter> program;
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    const auto& [code, value, if_true, if_false] = instructions[i];
    const auto skip = [&](std::size_t to) {
      return static_cast<std::uint8_t>(to == 0 ? 0 : to - i - 1);
    };
    program.push_back({code, skip(if_true), skip(if_false), value});
  }
  return program;
}

Error failed(const char* step) {
  // systemd's RestrictAddressFamilies: EAFNOSUPPORT.
  if (errno == EPERM || errno == EACCES || errno == EAFNOSUPPORT)
    return Error{
        "this portlabd may not capture packets (CAP_NET_RAW); it may in a private network, in the "
        "office, and where root starts it"};
  return Error{std::string("this system has no such packet sockets: ") + step + ": " +
               std::generic_category().message(errno)};
}

template <class Value>
bool set_option(const FileDescriptor& socket, int level, int option, const Value& value) {
  return ::setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
}

/// A packet socket with a ring and a filter that can't be changed any more. It is off.
Result<FileDescriptor> open_socket(bool loopback, std::size_t frames) {
  FileDescriptor socket(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed("socket");
  // A packet through loopback leaves and arrives, and is looked at once: as it arrives. For one that
  // leaves, the kernel would make a copy before the filter. Where it can't ignore it (before Linux
  // 4.20), the filter does.
  if (loopback) set_option(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  auto filter = refusal_filter(loopback ? PACKET_HOST : PACKET_OUTGOING);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (!set_option(socket, SOL_SOCKET, SO_ATTACH_FILTER, program)) return failed("filter");
  if (!set_option(socket, SOL_SOCKET, SO_LOCK_FILTER, 1)) return failed("filter");
  if (!set_option(socket, SOL_PACKET, PACKET_VERSION, TPACKET_V2)) return failed("ring");
  tpacket_req ring{};
  ring.tp_block_size = block_bytes;
  ring.tp_frame_size = frame_bytes;
  ring.tp_frame_nr = static_cast<unsigned>(frames);
  ring.tp_block_nr = static_cast<unsigned>(frames * frame_bytes / block_bytes);
  if (!set_option(socket, SOL_PACKET, PACKET_RX_RING, ring)) return failed("ring");
  return socket;
}

void bind_to(const FileDescriptor& socket, unsigned interface, std::uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(interface);
  // It fails where the interface has gone meanwhile. Then it has no packets.
  static_cast<void>(
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

/// The numbers of loopback and of the interfaces with an address. One without is below another that
/// has one (a bridge, a bond), and shows the same packets.
std::vector<unsigned> interfaces_to_watch() {
  std::vector<unsigned> found{::if_nametoindex("lo")};
  for (const auto& own : interface_addresses()) {
    const auto index = own.is_up ? ::if_nametoindex(own.interface.c_str()) : 0;
    if (index != 0 && std::ranges::find(found, index) == found.end()) found.push_back(index);
  }
  found.resize(std::min(found.size(), interfaces_max));
  return found;
}

/// Closes all descriptors but these.
void close_others(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned next = 0;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > next) ::close_range(next, number - 1, 0);
    next = number + 1;
  }
  ::close_range(next, ~0U, 0);
}

/// The second process needs no file, no capability and no other user's rights.
bool drop_all_rights() {
  if (!set_no_new_privileges()) return false;
  if (landlock_version() > 0) static_cast<void>(restrict_files_to({}));
  const auto nobody = nobody_user();
  if (::geteuid() == 0 && is_mapped(nobody)) static_cast<void>(change_user(nobody));
  static_cast<void>(restrict_system_calls());
  return limit_capabilities(0, 0);
}

}  // namespace

struct RefusalCapture::Shared {
  std::atomic<std::uint64_t> lost{0};
};

namespace {

std::uint64_t take_lost(const FileDescriptor& socket) {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  const int result = ::getsockopt(socket.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
  return result == 0 ? statistics.tp_drops : 0;
}

/// The second process: until the first one closes its end.
[[noreturn]] void hold(const FileDescriptor& control, const std::vector<FileDescriptor>& sockets,
                       std::atomic<std::uint64_t>& lost) {
  ::prctl(PR_SET_NAME, "portlab-refused");
  std::vector<int> kept{control.get()};
  for (const auto& socket : sockets) kept.push_back(socket.get());
  if (!drop_all_rights()) ::_exit(1);
  close_others(std::move(kept));
  for (;;) {
    char command = 0;
    const auto got = ::read(control.get(), &command, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) ::_exit(0);
    if (command == count_lost) {
      for (const auto& socket : sockets) lost += take_lost(socket);
      continue;
    }
    for (const auto& socket : sockets) bind_to(socket, 0, no_protocol);
    if (command != on) continue;
    const auto interfaces = interfaces_to_watch();
    for (std::size_t i = 0; i < std::min(interfaces.size(), sockets.size()); ++i)
      if (interfaces[i] != 0) bind_to(sockets[i], interfaces[i], ETH_P_ALL);
  }
}

}  // namespace

Result<std::unique_ptr<RefusalCapture>> RefusalCapture::open() {
  std::unique_ptr<RefusalCapture> capture(new RefusalCapture);
  const auto frames_of = [](std::size_t i) { return i == 0 ? loopback_frames : other_frames; };
  // For each ring the kernel waits about 10 ms for all processors; threads wait at the same time.
  // Where there can't be more threads, `deferred` opens them one after the other. Bench case `start
  // to first answer`, as root: 137 -> 21 ms.
  std::vector<std::future<Result<FileDescriptor>>> opened;
  const auto count = std::min(interfaces_to_watch().size() + spare_sockets, interfaces_max);
  for (std::size_t i = 0; i < count; ++i)
    opened.push_back(
        std::async(std::launch::async | std::launch::deferred, open_socket, i == 0, frames_of(i)));
  std::vector<FileDescriptor> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = opened[i].get();
    if (!socket) return socket.error();
    void* const memory = ::mmap(nullptr, frames_of(i) * frame_bytes, PROT_READ | PROT_WRITE,
                                MAP_SHARED, socket->get(), 0);
    if (memory == MAP_FAILED) return failed("ring");
    capture->rings_.push_back({static_cast<std::uint8_t*>(memory), frames_of(i), 0});
    sockets.push_back(std::move(*socket));
  }
  void* const shared =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return failed("memory");
  capture->shared_ = new (shared) Shared;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return failed("socketpair");
  capture->control_ = FileDescriptor(ends[0]);
  const FileDescriptor other_end(ends[1]);
  capture->holder_ = ::fork();
  if (capture->holder_ < 0) return failed("fork");
  if (capture->holder_ == 0) hold(other_end, sockets, capture->shared_->lost);
  return capture;  // which closes the sockets; the memory stays mapped
}

RefusalCapture::~RefusalCapture() {
  control_ = FileDescriptor();
  while (holder_ > 0 && ::waitpid(holder_, nullptr, 0) < 0 && errno == EINTR) continue;
  for (const auto& ring : rings_) ::munmap(ring.memory, ring.frames * frame_bytes);
  if (shared_ != nullptr) ::munmap(shared_, sizeof(Shared));
}

bool RefusalCapture::tell(char command) {
  return ::send(control_.get(), &command, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

bool RefusalCapture::start() {
  // What arrived at the end of the last time is not new any more.
  for (auto& ring : rings_) take_from(ring, ring.frames, [](Bytes) {});
  return tell(on);
}

void RefusalCapture::stop() { tell(off); }

void RefusalCapture::take(std::size_t packets_max, const std::function<void(Bytes)>& see) {
  bool nearly_full = false;
  for (auto& ring : rings_) {
    const auto taken = take_from(ring, packets_max, see);
    packets_max -= taken;
    nearly_full = nearly_full || taken > ring.frames / 2;
  }
  if (nearly_full) tell(count_lost);
}

std::size_t RefusalCapture::take_from(Ring& ring, std::size_t packets_max,
                                      const std::function<void(Bytes)>& see) {
  std::size_t taken = 0;
  for (; taken < packets_max; ++taken) {
    auto* const frame = ring.memory + ring.next * frame_bytes;
    auto& header = *reinterpret_cast<tpacket2_hdr*>(frame);
    const std::atomic_ref<std::uint32_t> status(header.tp_status);
    if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) break;
    // The kernel keeps to the frame; the check costs nothing.
    const std::size_t begin = std::min<std::size_t>(header.tp_net, frame_bytes);
    see({frame + begin, std::min<std::size_t>(header.tp_snaplen, frame_bytes - begin)});
    status.store(TP_STATUS_KERNEL, std::memory_order_release);
    ring.next = (ring.next + 1) % ring.frames;
  }
  return taken;
}

std::uint64_t RefusalCapture::lost() {
  const auto all = shared_->lost.load();
  return all - std::exchange(reported_, all);
}

}  // namespace portlab
