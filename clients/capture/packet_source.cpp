#include "clients/capture/packet_source.hpp"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

namespace {

using PcapError = std::array<char, PCAP_ERRBUF_SIZE>;

/// How many packets are taken at once, so that Ctrl-C is seen between them.
constexpr int packets_at_once = 1000;
/// The whole of the largest packet: with segmentation offload, 64 KiB and the headers.
constexpr int packet_bytes_max = 262'144;
/// The kernel's ring for packets: at 100,000 packets a second of 100 bytes, three seconds.
constexpr int ring_bytes = 64 * 1024 * 1024;

std::string interface_names() {
  PcapError error{};
  pcap_if_t* first = nullptr;
  if (::pcap_findalldevs(&first, error.data()) != 0) return {};
  std::string names;
  for (const auto* each = first; each != nullptr; each = each->next) {
    // Of the others (usbmon, nflog, dbus …) no packets have ports.
    const bool network = (each->flags & PCAP_IF_UP) != 0 || std::strcmp(each->name, "any") == 0;
    if (network && std::strncmp(each->name, "usbmon", 6) != 0)
      names += (names.empty() ? "" : ", ") + std::string(each->name);
  }
  ::pcap_freealldevs(first);
  return names;
}

/// netdevice(7).
bool is_loopback(const std::string& interface) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (interface.size() >= sizeof request.ifr_name) return false;
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  return ::ioctl(socket.get(), SIOCGIFFLAGS, &request) == 0 &&
         (request.ifr_flags & IFF_LOOPBACK) != 0;
}

/// The number of the interface of loopback among those whose packets are captured; 0: none.
unsigned loopback_number(const std::string& captured) {
  const std::string usual = "lo";
  const auto& name = captured == "any" ? usual : captured;
  return is_loopback(name) ? ::if_nametoindex(name.c_str()) : 0;
}

/// Over loopback the kernel sees each packet twice: when it is sent, and when it arrives. libpcap
/// leaves out the first, but only after it was in the ring, and counted as lost where the ring was full.
/// So the kernel's filter leaves it out: socket(7), SO_ATTACH_FILTER. (libpcap's "inbound" can't do
/// that: it filters the first packets itself, without their direction.) The rest of the filter is what
/// libpcap has attached, which for "any" has other offsets than the one that it compiled.
void leave_out_sent(int socket, unsigned loopback) {
  std::vector<sock_filter> whole{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, loopback},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, PACKET_OUTGOING},
      {BPF_RET | BPF_K, 0, 0, 0}};
  socklen_t length = 0;  // in instructions
  if (::getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, nullptr, &length) != 0 || length == 0) return;
  std::vector<sock_filter> of_libpcap(length);
  if (::getsockopt(socket, SOL_SOCKET, SO_GET_FILTER, of_libpcap.data(), &length) != 0) return;
  whole.insert(whole.end(), of_libpcap.begin(), of_libpcap.end());
  const sock_fprog attached{static_cast<unsigned short>(whole.size()), whole.data()};
  ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached);
}

[[noreturn]] void throw_not_permitted(const std::string& interface) {
  throw CommandError(
      Exit::failed,
      "can't capture on " + interface +
          ": this user may not see all packets of this machine (CAP_NET_RAW, packet(7))",
      "in a network of your own you may: portlab enter portlab capture (where a portlabd --private "
      "runs), portlab office enter pc1 portlab capture; or sudo portlab capture; or a saved "
      "capture "
      "of the labs: portlab capture --lab 10");
}

}  // namespace

void PacketSource::Close::operator()(pcap* handle) const { ::pcap_close(handle); }

PacketSource::PacketSource(std::unique_ptr<pcap, Close> handle, std::string name, bool live)
    : handle_(std::move(handle)), name_(std::move(name)), live_(live) {
  const int type = ::pcap_datalink(handle_.get());
  // DLT_RAW is 12 here, LINKTYPE_RAW is 101: pcap-linktype(7).
  if (!is_readable(type)) {
    const char* const text = ::pcap_datalink_val_to_description(type);
    throw CommandError(Exit::failed,
                       printable(name_) + ": packets of the link type " + std::to_string(type) +
                           (text == nullptr ? "" : " (" + std::string(text) + ")") +
                           " can't be read here",
                       "Ethernet, Linux's any, loopback and IP can: portlab capture -i any");
  }
  link_type_ = static_cast<LinkType>(type);
}

PacketSource PacketSource::open_interface(const std::string& interface) {
  PcapError error{};
  std::unique_ptr<pcap, Close> handle(::pcap_create(interface.c_str(), error.data()));
  if (!handle) throw CommandError(Exit::failed, "capture: " + std::string(error.data()));
  ::pcap_set_snaplen(handle.get(), packet_bytes_max);
  ::pcap_set_buffer_size(handle.get(), ring_bytes);
  ::pcap_set_timeout(handle.get(), milliseconds_until_readable);
  ::pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  const int result = ::pcap_activate(handle.get());
  if (result == PCAP_ERROR_PERM_DENIED || result == PCAP_ERROR_PROMISC_PERM_DENIED)
    throw_not_permitted(interface);
  if (result == PCAP_ERROR_NO_SUCH_DEVICE) {
    const auto names = interface_names();
    throw usage_failure(
        "capture: there is no interface " + printable(interface),
        names.empty() ? "ip link shows the interfaces" : "-i with one of: " + names);
  }
  if (result == PCAP_ERROR_IFACE_NOT_UP)
    throw CommandError(Exit::failed, "capture: the interface " + printable(interface) + " is down",
                       "ip link set " + printable(interface) + " up");
  if (result < 0)
    throw CommandError(Exit::failed, "can't capture on " + printable(interface) + ": " +
                                         std::string(::pcap_geterr(handle.get())));
  if (::pcap_setnonblock(handle.get(), 1, error.data()) != 0)
    throw CommandError(Exit::failed, "capture: " + std::string(error.data()));
  return PacketSource(std::move(handle), interface, true);
}

PacketSource PacketSource::open_file(const std::string& path) {
  const bool is_stdin = path == "-";
  std::FILE* const file = is_stdin ? stdin : std::fopen(path.c_str(), "rbe");
  struct stat about {};
  if (file == nullptr)
    throw CommandError(Exit::failed, "can't read " + printable(path) + ": " + std::strerror(errno));
  if (!is_stdin && ::fstat(::fileno(file), &about) == 0 && S_ISDIR(about.st_mode)) {
    std::fclose(file);
    throw CommandError(Exit::failed, "can't read " + printable(path) + ": it is a folder");
  }
  PcapError error{};
  std::unique_ptr<pcap, Close> handle(
      ::pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error.data()));
  if (!handle) {
    const auto offset = is_stdin ? -1 : std::ftell(file);
    if (!is_stdin) std::fclose(file);
    throw CommandError(Exit::failed,
                       printable(path) + " is no capture: " + printable(error.data()) +
                           (offset < 0 ? "" : " (at byte " + std::to_string(offset) + ")"),
                       "a file that portlab capture -w, Wireshark or tcpdump -w has written");
  }
  return PacketSource(std::move(handle), path, false);
}

void PacketSource::filter(const std::string& expression) {
  const auto loopback = live_ ? loopback_number(name_) : 0;
  if (expression.empty() && loopback == 0) return;
  bpf_program program{};
  if (::pcap_compile(handle_.get(), &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    throw usage_failure(
        "capture: the filter \"" + printable(expression) +
            "\" is wrong: " + printable(::pcap_geterr(handle_.get())),
        expression.find_first_not_of("0123456789") == std::string::npos
            ? "portlab capture --port " + expression
            : "as in pcap-filter(7): \"tcp port 83\", \"udp and host 192.168.1.10\"");
  const int result = ::pcap_setfilter(handle_.get(), &program);
  if (result == 0 && loopback != 0) leave_out_sent(::pcap_fileno(handle_.get()), loopback);
  ::pcap_freecode(&program);
  if (result != 0)
    throw CommandError(Exit::failed, "capture: the filter can't be set: " +
                                         std::string(::pcap_geterr(handle_.get())));
}

int PacketSource::descriptor() const { return ::pcap_get_selectable_fd(handle_.get()); }

PacketSource::State PacketSource::read(const std::function<bool(const CapturedPacket&)>& take) {
  for (int i = 0; i < packets_at_once; ++i) {
    pcap_pkthdr* head = nullptr;
    const u_char* bytes = nullptr;
    const int result = ::pcap_next_ex(handle_.get(), &head, &bytes);
    if (result == 0) return State::more;
    if (result == PCAP_ERROR_BREAK) return State::end;
    if (result < 0) {
      std::FILE* const file = ::pcap_file(handle_.get());
      const auto offset = file == nullptr ? -1 : std::ftell(file);
      throw CommandError(Exit::failed,
                         printable(name_) + ": " + printable(::pcap_geterr(handle_.get())) +
                             (offset < 0 ? "" : " (at byte " + std::to_string(offset) + ")"));
    }
    // With PCAP_TSTAMP_PRECISION_NANO, tv_usec counts nanoseconds.
    const CapturedPacket packet{
        std::chrono::seconds(head->ts.tv_sec) + std::chrono::nanoseconds(head->ts.tv_usec),
        Bytes(bytes, head->caplen), head->len};
    if (!take(packet)) return State::more;
  }
  return State::more;
}

CaptureCounts PacketSource::counts() const {
  pcap_stat statistics{};
  if (!live_ || ::pcap_stats(handle_.get(), &statistics) != 0) return {};
  return {statistics.ps_recv, statistics.ps_drop};
}

}  // namespace portlab
