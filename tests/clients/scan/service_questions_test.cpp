// Which service an answer comes from: clients/scan/service_questions.

#include "clients/scan/service_questions.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/message.hpp"

namespace portlab {

namespace {

using namespace std::string_literals;

std::string service_of(std::string_view got, std::string_view sent = {}) {
  return recognise_stream(sent, got).service;
}

/// The answer of a DNS server to this question: the same with QR set.
std::string dns_reply(std::string question, std::size_t header) {
  question[header + 2] = static_cast<char>(question[header + 2] | 0x80);
  return question;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(service_questions)

BOOST_AUTO_TEST_CASE(services_that_speak_first) {
  BOOST_TEST(service_of("SSH-2.0-OpenSSH_9.2p1\r\n") == "ssh");
  BOOST_TEST(service_of("220 mail.lab.test ESMTP Postfix\r\n") == "smtp");
  BOOST_TEST(service_of("220-ProFTPD server\r\n220 ready\r\n") == "ftp");
  BOOST_TEST(service_of("220 ready\r\n") == "ftp or smtp");
  BOOST_TEST(service_of("554 no service\r\n") == "smtp");
  BOOST_TEST(service_of("+OK\r\n") == "pop3");
  BOOST_TEST(service_of("* OK [CAPABILITY IMAP4rev1]\r\n") == "imap");
  BOOST_TEST(service_of("\xff\xfd\x18") == "telnet");
  BOOST_TEST(service_of("\x4a\x00\x00\x00\x0a"
                        "8.0.36\0"
                        "\x08\x00"s) == "mysql");
  BOOST_TEST(service_of("2200 bottles\r\n") == "");
  BOOST_TEST(service_of("hello\r\n") == "");
  BOOST_TEST(service_of("") == "");
}

BOOST_AUTO_TEST_CASE(answers_to_http) {
  const auto sent = http_question("127.0.0.1:83");
  const auto found = recognise_stream(sent, "HTTP/1.1 200 OK\r\nX: 1\r\nserver: nginx\r\n\r\n");
  BOOST_TEST(found.service == "http");
  BOOST_TEST(found.banner == "HTTP/1.1 200 OK, Server: nginx");
  BOOST_TEST(service_of(sent, sent) == "echo");
  BOOST_TEST(service_of(sent.substr(0, 10), sent) == "echo");
  BOOST_TEST(service_of(sent.substr(0, 2), sent) == "");
  BOOST_TEST(service_of("\x15\x03\x01\x00\x02\x02\x46"s, sent) == "tls");
  BOOST_TEST(!may_be_https(found));
  BOOST_TEST(may_be_https(recognise_stream(sent, "HTTP/1.0 400 Bad Request\r\n\r\n")));
  BOOST_TEST(!may_be_https(recognise_stream(sent, "HTTP/1.0 404 Not Found\r\n\r\n 400")));
  for (const auto* cut : {"HTTP/1.", "HTTP/1.\r\n", "HTTP/1.0", "HTTP/1.0 40"})
    BOOST_TEST(!may_be_https(recognise_stream(sent, cut)), cut);
}

BOOST_AUTO_TEST_CASE(the_lengths_in_a_client_hello_agree) {
  const auto hello = tls_question();
  const auto bytes = as_bytes(hello);
  BOOST_TEST(bytes.size() == 5U + 256U * bytes[3] + bytes[4]);
  BOOST_TEST(bytes.size() == 9U + 256U * bytes[7] + bytes[8]);
  BOOST_TEST(service_of(hello, "") == "tls");
}

BOOST_AUTO_TEST_CASE(answers_to_dns) {
  const auto stream = dns_question(0x1234, true);
  BOOST_TEST(stream.size() == dns_question(0x1234, false).size() + 2);
  BOOST_TEST(service_of(dns_reply(stream, 2), stream) == "dns");
  BOOST_TEST(service_of(dns_reply(dns_question(0x4321, true), 2), stream) == "");  // another ID

  const auto datagram = dns_question(0x1234, false);
  BOOST_TEST(recognise_datagram(datagram, dns_reply(datagram, 0)).service == "dns");
  BOOST_TEST(recognise_datagram(datagram, datagram).service == "echo");
  BOOST_TEST(recognise_datagram(datagram, "").service == "");
}

BOOST_AUTO_TEST_CASE(each_question_of_udp_has_its_answer) {
  const auto ntp = datagrams_for(123, 7).front();
  BOOST_TEST(recognise_datagram(ntp, "\x24\x02"s + std::string(46, '\0')).service == "ntp");
  BOOST_TEST(recognise_datagram(ntp, "\x24\x02").service == "");  // too short
  const auto rpc = datagrams_for(111, 7).front();
  BOOST_TEST(rpc.size() == 40U);
  BOOST_TEST(recognise_datagram(rpc, "\0\0\0\x07\0\0\0\x01\0\0\0\0"s).service == "sunrpc");
  const auto stun = datagrams_for(3478, 7).front();
  BOOST_TEST(recognise_datagram(stun, "\x01\x01\0\0\x21\x12\xa4\x42"s).service == "stun");
  for (const auto port : ports_with_questions()) BOOST_TEST(datagrams_for(port, 7).size() == 3U);
}

BOOST_AUTO_TEST_CASE(usual_ports_of_services) {
  BOOST_TEST(is_usual_at("http", Transport::tcp, 80));
  BOOST_TEST(is_usual_at("http", Transport::tcp, 8080));  // http-alt
  BOOST_TEST(!is_usual_at("http", Transport::tcp, 8021));
  BOOST_TEST(is_usual_at("dns", Transport::udp, 53));
  BOOST_TEST(is_usual_at("ssh", Transport::tcp, 22));
  BOOST_TEST(!is_usual_at("ssh", Transport::tcp, 23));
  BOOST_TEST(is_usual_at("ftp or smtp", Transport::tcp, 25));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace portlab
