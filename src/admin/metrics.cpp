// SPDX-License-Identifier: GPL-3.0-or-later
#include "admin/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>

#include "call/quality.h"
#include "call/reason.h"

namespace patchcord::admin {
namespace {

using call::Side;
using media::index;
using Buckets = prometheus::Histogram::BucketBoundaries;

double seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

std::vector<prometheus::MetricFamily> families_of(const std::vector<Reading>& readings) {
  std::vector<prometheus::MetricFamily> families;
  for (const Reading& reading : readings) {
    const bool is_counter = reading.kind == Reading::Kind::kCounter;
    if (families.empty() || families.back().name != reading.name) {
      families.push_back(
          {.name = reading.name,
           .help = reading.help,
           .type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
           .metric = {}});
    }
    prometheus::ClientMetric metric;
    if (!reading.label.empty()) metric.label = {{reading.label, reading.label_value}};
    (is_counter ? metric.counter.value : metric.gauge.value) = reading.value;
    families.back().metric.push_back(std::move(metric));
  }
  return families;
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Gauge>& build = prometheus::BuildGauge()
                                                     .Name("patchcord_build_info")
                                                     .Help("Always 1; the version is the label.")
                                                     .Register(registry);
  prometheus::Counter& started = prometheus::BuildCounter()
                                     .Name("patchcord_calls_started_total")
                                     .Help("Calls that came in from either side.")
                                     .Register(registry)
                                     .Add({});
  prometheus::Counter& answered = prometheus::BuildCounter()
                                      .Name("patchcord_calls_answered_total")
                                      .Help("Calls that were answered.")
                                      .Register(registry)
                                      .Add({});
  prometheus::Family<prometheus::Counter>& ended = prometheus::BuildCounter()
                                                       .Name("patchcord_calls_ended_total")
                                                       .Help("Calls that ended, by reason.")
                                                       .Register(registry);
  prometheus::Histogram& setup =
      prometheus::BuildHistogram()
          .Name("patchcord_call_setup_seconds")
          .Help("From the request to the answer; people's time to pick up is in it.")
          .Register(registry)
          .Add({}, Buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80});
  prometheus::Histogram& talk = prometheus::BuildHistogram()
                                    .Name("patchcord_call_talk_seconds")
                                    .Help("From the answer to the end, of answered calls.")
                                    .Register(registry)
                                    .Add({}, Buckets{5, 15, 60, 180, 600, 1800, 3600, 7200});
  prometheus::Family<prometheus::Histogram>& mos =
      prometheus::BuildHistogram()
          .Name("patchcord_call_mos")
          .Help("Estimated mean opinion score of what each side sent, by its protocol.")
          .Register(registry);
};

Metrics::Metrics(std::string version) : families_(std::make_unique<Families>()) {
  families_->build.Add({{"version", std::move(version)}}).Set(1);
}

Metrics::~Metrics() = default;

void Metrics::on_call_started(const call::Snapshot&) {
  families_->started.Increment();
}

void Metrics::on_call_answered(const call::Snapshot& call) {
  families_->answered.Increment();
  families_->setup.Observe(seconds(call.age));
}

void Metrics::on_call_ended(const call::Snapshot& call) {
  const call::Reason reason = call.ending ? call.ending->reason : call::Reason::kInternal;
  families_->ended.Add({{"reason", std::string(call::row(reason).name)}}).Increment();
  if (call.since_answer) families_->talk.Observe(seconds(*call.since_answer));
  for (const Side side : media::kSides) {
    const auto& sends = call.plan.from(side).from;
    if (sends.empty()) continue;
    if (const auto mos =
            call::mean_opinion_score(call.media.endpoints[index(side)], sends.front().codec)) {
      families_->mos
          .Add({{"leg", call.legs[index(side)].protocol}}, Buckets{1.5, 2, 2.5, 3, 3.5, 4, 4.3})
          .Observe(*mos);
    }
  }
}

std::string Metrics::text(const std::vector<Reading>& readings) const {
  std::vector<prometheus::MetricFamily> families = families_->registry.Collect();
  for (prometheus::MetricFamily& family : families_of(readings)) {
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace patchcord::admin
