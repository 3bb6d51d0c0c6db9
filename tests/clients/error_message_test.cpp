#include "clients/why/error_message.hpp"

#include <netdb.h>

#include <boost/test/unit_test.hpp>
#include <cstring>

using namespace portlab;

namespace {

bool understood(const ErrorMessage& read) { return read.net_error || read.message; }

constexpr int resolver_errors[] = {
    EAI_BADFLAGS,   EAI_NONAME,   EAI_AGAIN,   EAI_FAIL,   EAI_NODATA,      EAI_FAMILY,
    EAI_SOCKTYPE,   EAI_SERVICE,  EAI_MEMORY,  EAI_SYSTEM, EAI_OVERFLOW,    EAI_ADDRFAMILY,
    EAI_INPROGRESS, EAI_CANCELED, EAI_ALLDONE, EAI_INTR,   EAI_NOTCANCELED, EAI_IDN_ENCODE};

}  // namespace

BOOST_AUTO_TEST_CASE(each_message_of_the_system_is_understood) {
  int count = 0;
  for (int number = 1; number < 4096; ++number) {
    const char* const name = ::strerrorname_np(number);
    if (name == nullptr) continue;
    ++count;
    for (const std::string& text : {std::string(std::strerror(number)), std::string(name)}) {
      const auto read = read_error_message(text);
      BOOST_TEST(understood(read), text);
      if (read.message) BOOST_TEST(read.message->name == name, text);
      const auto kind = net_error_of(number, true);
      BOOST_TEST((kind == read.net_error), text);
      // In a line of Python, and of a program that names what it did.
      const auto line = "OSError: [Errno " + std::to_string(number) + "] " + text;
      BOOST_TEST((read_error_message(line).net_error == read.net_error), line);
      BOOST_TEST(understood(read_error_message("prog: open x.txt: " + text + ".")), text);
    }
  }
  BOOST_TEST(count > 100);
}

BOOST_AUTO_TEST_CASE(each_message_of_the_resolver_is_understood) {
  for (const int number : resolver_errors) {
    const std::string text = ::gai_strerror(number);
    BOOST_TEST(understood(read_error_message(text)), text);
    BOOST_TEST(understood(read_error_message("socket.gaierror: [Errno -1] " + text)), text);
  }
  BOOST_TEST(
      (read_error_message("Temporary failure in name resolution").net_error == NetError::name));
  BOOST_TEST(
      (read_error_message("No address associated with hostname").net_error == NetError::name));
  BOOST_TEST(read_error_message("Memory allocation failure").message->name == "EAI_MEMORY");
}

BOOST_AUTO_TEST_CASE(lines_of_programs_are_understood) {
  struct Line {
    std::string_view text;
    NetError net_error;
    std::string_view target;
  };
  constexpr Line lines[] = {
      {"curl: (7) Failed to connect to 127.0.0.1 port 83 after 0 ms: Couldn't connect to server",
       NetError::refused, "127.0.0.1:83"},
      {"curl: (7) Failed to connect to localhost port 83: Connection refused", NetError::refused,
       "localhost:83"},
      {"curl: (28) Failed to connect to 10.0.0.9 port 80 after 1001 ms: Timeout was reached",
       NetError::timeout, "10.0.0.9:80"},
      {"curl: (28) Operation timed out after 1001 milliseconds with 0 bytes received",
       NetError::timeout, ""},
      {"curl: (6) Could not resolve host: nosuch.invalid", NetError::name, ""},
      {"curl: (52) Empty reply from server", NetError::closed, ""},
      {"curl: (18) transfer closed with 5 bytes remaining to read", NetError::closed, ""},
      {"curl: (56) Recv failure: Connection reset by peer", NetError::reset, ""},
      {"curl: (1) Received HTTP/0.9 when not allowed", NetError::wrong_service, ""},
      {"curl: (35) error:0A00010B:SSL routines::wrong version number", NetError::wrong_service, ""},
      {"curl: (60) SSL certificate problem: unable to get local issuer certificate",
       NetError::certificate, ""},
      {"curl: (60) SSL: no alternative certificate subject name matches target host name 'a'",
       NetError::certificate, ""},
      {"curl: (35) error:0A00042E:SSL routines::tlsv1 alert protocol version", NetError::tls, ""},
      {"ERROR: cannot verify 127.0.0.1's certificate, issued by 'CN=x':\n  Self-signed certificate "
       "encountered.",
       NetError::certificate, ""},
      {"ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
       "certificate has expired (_ssl.c:992)",
       NetError::certificate, ""},
      {"verify error:num=18:self-signed certificate", NetError::certificate, ""},
      {"net::ERR_CERT_AUTHORITY_INVALID", NetError::certificate, ""},
      {"portlab: tcp 127.0.0.1:443: the server's certificate expired on 2021-02-03",
       NetError::certificate, "127.0.0.1:443"},
      {"Connecting to 127.0.0.1:83... failed: Connection refused.", NetError::refused,
       "127.0.0.1:83"},
      {"wget: unable to resolve host address 'nosuch.invalid'", NetError::name, ""},
      {"Read error (Connection reset by peer) in headers.", NetError::reset, ""},
      {"No data received.", NetError::closed, ""},
      {"ssh: connect to host 127.0.0.1 port 83: Connection refused", NetError::refused,
       "127.0.0.1:83"},
      {"ssh: connect to host ::1 port 83: No route to host", NetError::unreachable, "[::1]:83"},
      {"ssh: Could not resolve hostname nosuch: Name or service not known", NetError::name, ""},
      {"kex_exchange_identification: read: Connection reset by peer\nConnection reset by 127.0.0.1 "
       "port 22",
       NetError::reset, "127.0.0.1:22"},
      {"kex_exchange_identification: Connection closed by remote host", NetError::closed, ""},
      {"banner exchange: Connection to 127.0.0.1 port 80: invalid format", NetError::wrong_service,
       "127.0.0.1:80"},
      {"nc: connect to 127.0.0.1 port 83 (tcp) failed: Connection refused", NetError::refused,
       "127.0.0.1:83"},
      {"localhost [127.0.0.1] 83 (?) : Connection refused", NetError::refused, "127.0.0.1:83"},
      {"Ncat: Connection refused.", NetError::refused, ""},
      {"nc: Address already in use", NetError::in_use, ""},
      {"ConnectionRefusedError: [Errno 111] Connection refused", NetError::refused, ""},
      {"TimeoutError: timed out", NetError::timeout, ""},
      {"socket.gaierror: [Errno -2] Name or service not known", NetError::name, ""},
      {"OSError: [Errno 98] Address already in use", NetError::in_use, ""},
      {"OSError: [Errno 99] Cannot assign requested address", NetError::not_available, ""},
      {"PermissionError: [Errno 13] Permission denied", NetError::denied, ""},
      {"BrokenPipeError: [Errno 32] Broken pipe", NetError::reset, ""},
      {"Host nosuch.lab.test not found: 3(NXDOMAIN)", NetError::name, ""},
      {"** server can't find nosuch.lab.test: NXDOMAIN", NetError::name, ""},
      {"From 192.168.1.10 icmp_seq=1 Destination Host Unreachable", NetError::unreachable, ""},
      {"Error: getaddrinfo ENOTFOUND nosuch.lab.test", NetError::name, ""},
      {"dial tcp: lookup nosuch.lab.test: no such host", NetError::name, ""},
      {"java.net.UnknownHostException: nosuch.lab.test", NetError::name, ""},
      {"ERR_CONNECTION_REFUSED", NetError::refused, ""},
      {"DNS_PROBE_FINISHED_NXDOMAIN", NetError::name, ""},
      {"ERR_EMPTY_RESPONSE", NetError::closed, ""},
      {"requests.exceptions.ConnectionError: ('Connection aborted.')", NetError::reset, ""},
      {"http.client.RemoteDisconnected: Remote end closed connection without response",
       NetError::closed, ""},
      {"http.client.BadStatusLine: 220 ready", NetError::wrong_service, ""},
      {"Traceback (most recent call last):\n  File \"client.py\", line 3, in <module>\n"
       "    s.connect((\"127.0.0.1\", 83))\n"
       "ConnectionRefusedError: [Errno 111] Connection refused",
       NetError::refused, ""},
      {"requests.exceptions.ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=83): Max "
       "retries exceeded with url: / (Caused by NewConnectionError('Failed to establish a new "
       "connection: [Errno 111] Connection refused'))",
       NetError::refused, "127.0.0.1:83"},
      {"portlab: tcp 127.0.0.1:83: connection refused: nothing listens on this port",
       NetError::refused, "127.0.0.1:83"},
      {"portlab: udp [::1]:53: timed out: no answer for 5 s: the datagram or its answer was lost",
       NetError::timeout, "[::1]:53"},
      {"  why: portlab why wrong-service 127.0.0.1:21", NetError::wrong_service, "127.0.0.1:21"},
      {"portlab: 2 of 3 sessions were rejected: the server closed them without sending anything",
       NetError::rejected, ""},
  };
  for (const auto& line : lines) {
    const auto read = read_error_message(line.text);
    BOOST_TEST_CONTEXT(line.text) {
      BOOST_REQUIRE(read.net_error);
      BOOST_TEST(names_of(*read.net_error).name == names_of(line.net_error).name);
      BOOST_TEST(read.target == line.target);
    }
  }
}

BOOST_AUTO_TEST_CASE(of_a_long_text_the_end_counts) {
  const std::string filler(1'000'000, 'a');
  const auto read = read_error_message(filler + " 127.0.0.1:83 Connection refused");
  BOOST_TEST((read.net_error == NetError::refused));
  BOOST_TEST(read.target == "127.0.0.1:83");
  BOOST_TEST(!understood(read_error_message(filler)));
}

BOOST_AUTO_TEST_CASE(other_words_are_no_error) {
  for (const auto* text : {"refusd", "hello", "", " ", "-", "127.0.0.1:83", "renoentry"})
    BOOST_TEST(!understood(read_error_message(text)), text);
}

BOOST_AUTO_TEST_CASE(each_synonym_is_found_so_no_two_were_joined) {
  for (const auto* words : {"no route",
                            "no-route-to-host",
                            "no such name",
                            "unknown host",
                            "busy",
                            "permission",
                            "hung up",
                            "end of file",
                            "broken off",
                            "turned away",
                            "no ipv4",
                            "open files",
                            "too big",
                            "no server",
                            "no such file",
                            "host unreachable",
                            "connection timed out",
                            "dropped",
                            "eproto",
                            "time wait",
                            "no address",
                            "used",
                            "address in use",
                            "no such address"})
    BOOST_TEST(find_net_error(words).has_value(), words);
  for (const auto& each : net_errors()) {  // the longest synonym has 45 letters
    std::size_t longest = 0, now = 0;
    for (const char c : each.synonyms) longest = std::max(longest, now = c == ' ' ? 0 : now + 1);
    BOOST_TEST(longest <= 45U, each.synonyms);
  }
}
