// The DNS client against portlabd's service, and against servers that misbehave.
#include <algorithm>
#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>

#include "clients/cli/command_error.hpp"
#include "clients/dns/dns_output.hpp"
#include "clients/net/dns_exchange.hpp"
#include "clients/net/resolver.hpp"
#include "servers/dns/dns_service.hpp"
#include "servers/dns/zone_file.hpp"
#include "tests/support/running_core.hpp"

using namespace portlab;
using namespace std::string_literals;

namespace {

dns::Question question(std::string_view name, std::string_view type) {
  return {dns::Name::from_text(name).value(), dns::type_from_text(type).value(), dns::Class::IN};
}

ClientOptions options_for(const Endpoint& server) {
  ClientOptions options;
  options.quiet = true;
  options.dns = {server.address.to_string(), server.port};
  return options;
}

struct Lab {
  Lab() {
    const std::vector<dns::ZoneSource> lab_zone{{{}, PORTLAB_LAB_ZONE}};
    auto zones = std::make_shared<dns::ZoneStore>(dns::load_zones(lab_zone).value().zones);
    running.core.add(make_dns_service(zones, running.core));
    running.start();
    options = options_for(running.listen("dns=0"));
  }
  RunningCore running;
  ClientOptions options;
};

/// A server whose responses a function of the test makes: over udp, and over tcp with the length
/// before them that the test writes.
struct FakeServer {
  using MakeResponse = std::function<std::string(std::string query)>;

  struct Datagrams final : DatagramService {
    explicit Datagrams(MakeResponse make_) : make(std::move(make_)) {}
    std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch, std::string&) override {
      const auto response = make(std::string(as_text(query.payload)));
      if (response.empty()) return std::nullopt;
      std::copy(response.begin(), response.end(), scratch.begin());
      return scratch.first(response.size());
    }
    MakeResponse make;
  };
  struct Stream final : StreamService {
    explicit Stream(MakeResponse make_) : make(std::move(make_)) {}
    Task<void> serve(Connection& client) override {
      const Bytes query = co_await client.read_some();
      const std::string response = make(std::string(as_text(query)));
      co_await client.write(response);
    }
    MakeResponse make;
  };

  explicit FakeServer(const MakeResponse& make)
      : running(Service{
            {"fake", 53}, std::make_unique<Stream>(make), std::make_unique<Datagrams>(make)}) {
    options = options_for(running.listen("fake=0"));
    options.timeout = std::chrono::seconds(2);
  }

  RunningCore running;
  ClientOptions options;
};

Exit exit_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const CommandError& failure) {
    BOOST_TEST(!failure.reason().empty());
    return failure.exit();
  }
  return Exit::done;
}

Exit asking_over(Transport transport, const FakeServer& server) {
  return exit_of([&] {
    auto session = connect_to(dns_server(server.options, transport), server.options);
    ask_dns(session, {question("www.lab.test.", "A")});
  });
}

std::string as_response(std::string query) {
  query[2] = '\x80';
  return query;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_name_of_the_lab_has_its_addresses, Lab) {
  const auto addresses = resolve("start.lab.test", options);
  BOOST_REQUIRE(addresses.size() == 2U);
  BOOST_TEST(addresses[0].to_string() == "127.0.0.1");
  BOOST_TEST(addresses[1].to_string() == "::1");
  options.ipv6_only = true;
  BOOST_TEST(resolve("WWW.Lab.Test.", options).front().to_string() == "::1");
}

BOOST_FIXTURE_TEST_CASE(each_error_of_a_look_up_has_its_exit_status, Lab) {
  BOOST_TEST((exit_of([&] { resolve("nothing.lab.test", options); }) == Exit::failed));
  BOOST_TEST((exit_of([&] { resolve("office.lab.test", options); }) == Exit::failed));
  BOOST_TEST((exit_of([&] { resolve("a..lab.test", options); }) == Exit::bad_usage));
  options.ipv6_only = true;
  BOOST_TEST((exit_of([&] { resolve("pc1.lab.test", options); }) == Exit::bad_usage));
  running.stop();
  options.ipv6_only = false;
  BOOST_TEST((exit_of([&] { resolve("www.lab.test", options); }) == Exit::no_connection));
}

BOOST_FIXTURE_TEST_CASE(services_are_found_where_they_listen, Lab) {
  const auto found = find_service("_domain._udp.lab.test", options);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].host == "ns1.lab.test");
  BOOST_TEST(found[0].port == *options.dns->port);
  BOOST_TEST((exit_of([&] { find_service("_http._tcp.lab.test", options); }) == Exit::failed));
  BOOST_TEST(find_service("_nfs._tcp.lab.test", options).empty());
}

BOOST_FIXTURE_TEST_CASE(an_answer_too_long_for_a_datagram_comes_over_tcp, Lab) {
  const auto reply = look_up(question("huge.lab.test.", "TXT"), options);
  BOOST_TEST((reply.transport == Transport::tcp));
  BOOST_TEST(reply.message.answers.size() > 1U);
  BOOST_TEST((look_up(question("big.lab.test.", "TXT"), options).transport == Transport::udp));
}

BOOST_FIXTURE_TEST_CASE(an_answer_reads_like_a_zone_file, Lab) {
  const auto www = question("www.lab.test.", "A");
  const auto reply = look_up(www, options);
  BOOST_TEST(to_text(reply, www, true) == "www.lab.test.  300   A  127.0.0.1\n");
  BOOST_TEST(to_text(reply, www, false)
                 .starts_with("; www.lab.test. A: NOERROR, from the authority\nwww.lab.test.  "));
  const auto json = to_json(reply);
  BOOST_TEST(json.at("rcode").as_string() == "NOERROR");
  BOOST_TEST(boost::json::serialize(json.at("answers")) ==
             R"([{"name":"www.lab.test.","ttl":300,"type":"A","data":"127.0.0.1"}])");
}

BOOST_FIXTURE_TEST_CASE(each_kind_of_answer_has_its_sentence, Lab) {
  const auto meaning = [&](std::string_view name, std::string_view type) {
    const auto asked = question(name, type);
    return meaning_of(look_up(asked, options).message, asked);
  };
  BOOST_TEST(meaning("nothing.lab.test.", "A") ==
             "NXDOMAIN: there is no such name (may be cached for 60 s)");
  BOOST_TEST(meaning("www.lab.test.", "MX") ==
             "NOERROR, from the authority, no data: the name exists, but has no MX (may be "
             "cached for 60 s)");
  BOOST_TEST(meaning("example.com.", "A").starts_with("REFUSED: "));
  BOOST_TEST(meaning("_http._tcp.lab.test.", "SRV").find("not available") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(what_another_zone_holds_is_refused_by_its_name, Lab) {
  const auto meaning = [&](std::string_view name, std::string_view type) {
    const auto asked = question(name, type);
    return meaning_of(look_up(asked, options).message, asked);
  };
  BOOST_TEST(meaning("example.com.", "A").find("for example.com") != std::string::npos);
  BOOST_TEST(meaning("9.0.0.127.IN-addr.arpa.", "PTR").find("reverse zones") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_long_text_is_folded_only_for_a_terminal, Lab) {
  const auto asked = question("big.lab.test.", "TXT");
  const auto reply = look_up(asked, options);
  const auto whole = to_text(reply, asked, true);
  BOOST_TEST(std::count(whole.begin(), whole.end(), '\n') == 1);
  const auto folded = to_text(reply, asked, true, 80);
  BOOST_TEST(std::count(folded.begin(), folded.end(), '\n') > 5);
  for (std::string_view rest = folded; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1))
    BOOST_TEST(rest.find('\n') <= 80U);
}

BOOST_AUTO_TEST_CASE(only_the_response_to_the_question_counts) {
  const auto asked = question("www.lab.test.", "A");
  const auto check = [&](const std::function<void(dns::Message&)>& change) {
    dns::Message message;
    message.header.id = 7;
    message.header.response = true;
    message.questions = {asked};
    change(message);
    return answers(message, 7, asked);
  };
  BOOST_TEST(check([](dns::Message&) {}));
  BOOST_TEST(!check([](dns::Message& m) { m.header.id = 8; }));
  BOOST_TEST(!check([](dns::Message& m) { m.header.response = false; }));
  BOOST_TEST(!check([](dns::Message& m) { m.questions = {question("ftp.lab.test.", "A")}; }));
  BOOST_TEST(!check([](dns::Message& m) { m.questions = {question("www.lab.test.", "TXT")}; }));
  BOOST_TEST(!check([](dns::Message& m) { m.questions.clear(); }));
  BOOST_TEST(check([](dns::Message& m) {
    m.questions.clear();
    m.header.rcode = dns::Rcode::FORMERR;
  }));
}

BOOST_AUTO_TEST_CASE(datagrams_with_other_answers_are_reported_when_no_answer_comes) {
  const FakeServer wrong_id([](std::string query) {
    query[0] = static_cast<char>(query[0] ^ 1);
    return as_response(query);
  });
  BOOST_TEST((asking_over(Transport::udp, wrong_id) == Exit::failed));
  const FakeServer echo([](std::string query) { return query; });
  BOOST_TEST((asking_over(Transport::udp, echo) == Exit::failed));
  const FakeServer garbage([](const std::string&) { return "garbage"s; });
  BOOST_TEST((asking_over(Transport::udp, garbage) == Exit::failed));
  const FakeServer silent([](const std::string&) { return ""s; });
  BOOST_TEST((asking_over(Transport::udp, silent) == Exit::no_connection));
}

BOOST_AUTO_TEST_CASE(a_second_try_is_made_before_the_time_is_up) {
  std::atomic<int> asked = 0;
  const FakeServer silent_once(
      [&asked](const std::string& query) { return ++asked == 1 ? ""s : as_response(query); });
  BOOST_TEST((asking_over(Transport::udp, silent_once) == Exit::done));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_not_dns_is_reported) {
  const FakeServer echo([](const std::string& query) { return query; });
  BOOST_TEST((asking_over(Transport::tcp, echo) == Exit::failed));
  const FakeServer garbage([](const std::string&) { return "\0\3abc"s; });
  BOOST_TEST((asking_over(Transport::tcp, garbage) == Exit::failed));
  const FakeServer cut_off([](const std::string&) { return "\0\x20 abc"s; });
  BOOST_TEST((asking_over(Transport::tcp, cut_off) == Exit::no_connection));
  const FakeServer closes([](const std::string&) { return ""s; });
  BOOST_TEST((asking_over(Transport::tcp, closes) == Exit::no_connection));
}
