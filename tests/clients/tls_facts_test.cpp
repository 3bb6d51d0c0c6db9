#include "clients/net/tls_facts.hpp"

#include <openssl/x509_vfy.h>

#include <boost/test/unit_test.hpp>

#include "clients/net/tls_client.hpp"
#include "clients/net/tls_failure.hpp"

using namespace portlab;

namespace {

TlsFacts www() {
  TlsFacts facts;
  facts.version = "1.3";
  facts.host = "www.lab.test";
  facts.verified = true;
  facts.certificate.subject = "CN=www.lab.test";
  facts.certificate.issuer = "CN=An authority";
  facts.certificate.issuer_name = "An authority";
  facts.certificate.names = {"www.lab.test", "127.0.0.1"};
  facts.certificate.not_after = 1803427200;
  return facts;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_line_names_the_host_the_authority_and_the_last_day) {
  auto facts = www();
  BOOST_TEST(describe_tls(facts, ", ") ==
             "1.3, certificate for www.lab.test, by An authority, until 2027-02-24");
  facts.verified = false;
  facts.error = "self-signed certificate";
  facts.certificate.issuer = facts.certificate.subject;
  BOOST_TEST(
      describe_tls(facts, " - ") ==
      "1.3 - not verified: self-signed certificate - certificate for www.lab.test, by itself, "
      "until 2027-02-24");
  facts.host = "localhost";
  facts.error = "not for localhost";
  BOOST_TEST(describe_tls(facts, ", ").find("certificate for www.lab.test and 127.0.0.1, by") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_many_names_the_first_three_are_shown) {
  BOOST_TEST(names_text({}) == "no name");
  BOOST_TEST(names_text({"a"}) == "a");
  BOOST_TEST(names_text({"a", "b"}) == "a and b");
  BOOST_TEST(names_text({"a", "b", "c"}) == "a, b and c");
  BOOST_TEST(names_text({"a", "b", "c", "d"}) == "a, b, c and 1 more");
}

BOOST_AUTO_TEST_CASE(a_text_of_a_certificate_is_short_and_without_control_characters) {
  BOOST_TEST(certificate_text(std::string(80, 'a')) == std::string(80, 'a'));
  BOOST_TEST(certificate_text(std::string(81, 'a')) == std::string(77, 'a') + "...");
  BOOST_TEST(certificate_text("a\x1b[31m").find('\x1b') == std::string::npos);
  BOOST_TEST(certificate_text(std::string("a\0b", 3)).find('\0') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_is_checked_without_its_final_dot_and_an_address_without_its_zone) {
  BOOST_TEST(tls_host("www.lab.test.") == "www.lab.test");
  BOOST_TEST(tls_host("fe80::1%lo") == "fe80::1");
}

BOOST_AUTO_TEST_CASE(the_problem_of_an_authority_is_not_taken_for_the_servers) {
  CertificateProblem problem{X509_V_ERR_CERT_HAS_EXPIRED, www().certificate, false};
  problem.certificate.subject_name = "An authority";
  const Endpoint peer{Transport::tcp, asio::ip::make_address("127.0.0.1"), 443, {}};
  const auto failure = certificate_failure(peer, "www.lab.test", problem);
  BOOST_TEST(failure.reason().find("the certificate of 'An authority', an authority") !=
             std::string::npos);
  BOOST_TEST((failure.exit() == Exit::no_connection));
  BOOST_TEST(failure.why() == "portlab why certificate 127.0.0.1:443");
}
