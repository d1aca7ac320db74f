import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The whole job in Kafka Streams, written after its developer guide: events joined with a KTable of
 * list entries, one decision out, one working state record in a RocksDB store, an action on a hit,
 * all of it under {@code exactly_once_v2}. Default tuning; Redis is not needed, as the table is
 * this library's own way to hold the lists.
 */
public final class KafkaStreamsPeer {

    static final ZoneId SHANGHAI = ZoneId.of("Asia/Shanghai");
    static final DateTimeFormatter INSTANT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx");
    static final ObjectMapper JSON = new ObjectMapper();

    private KafkaStreamsPeer() {}

    public static void main(String[] arguments) throws Exception {
        Map<String, String> env = System.getenv();
        JsonNode texts = JSON.readTree(env.get("BENCH_TEXTS"));
        Topology topology =
                topology(
                        env.get("BENCH_EVENTS"),
                        env.get("BENCH_ENTRIES_TOPIC"),
                        env.get("BENCH_PREFIX"),
                        texts);

        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, env.get("BENCH_PREFIX"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env.get("BENCH_KAFKA"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, env.get("BENCH_STATE_DIR"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // The entries topic is compacted, so it serves as the table's changelog: the guide's advice
        // against writing every entry a second time.
        settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        // Everything else is the library's default: one stream thread, a commit every 100 ms.

        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.setUncaughtExceptionHandler(
                failure -> {
                    failure.printStackTrace();
                    return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                            .SHUTDOWN_CLIENT;
                });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    static Topology topology(String events, String entries, String prefix, JsonNode texts) {
        Serde<String> text = Serdes.String();
        Serde<byte[]> bytes = Serdes.ByteArray();
        StreamsBuilder builder = new StreamsBuilder();

        KTable<String, byte[]> lists =
                builder.table(
                        entries,
                        Consumed.with(text, bytes),
                        Materialized.<String, byte[], KeyValueStore<Bytes, byte[]>>as("entries")
                                .withKeySerde(text)
                                .withValueSerde(bytes));
        StoreBuilder<KeyValueStore<String, byte[]>> matters =
                Stores.keyValueStoreBuilder(
                        Stores.persistentKeyValueStore("matters"), text, bytes);
        builder.addStateStore(matters);

        KStream<String, Outcome> outcomes =
                builder.stream(events, Consumed.with(text, bytes))
                        .leftJoin(lists, Joining::new, Joined.with(text, bytes, bytes))
                        .process(
                                (ProcessorSupplier<String, Joining, String, Outcome>)
                                        () -> new Decide(texts),
                                "matters");
        outcomes.mapValues(outcome -> outcome.decision)
                .to(prefix + ".decisions", Produced.with(text, bytes));
        outcomes.flatMapValues(outcome -> outcome.actions)
                .to(prefix + ".actions", Produced.with(text, bytes));
        return builder.build();
    }

    /** An event and what the table holds of its subject (null: no entry). */
    record Joining(byte[] event, byte[] entries) {}

    /** What goes out for one event. */
    record Outcome(byte[] decision, List<byte[]> actions) {}

    /** Decides one event and keeps the matter's state. */
    static final class Decide implements Processor<String, Joining, String, Outcome> {
        private final JsonNode texts;
        private ProcessorContext<String, Outcome> context;
        private KeyValueStore<String, byte[]> matters;

        Decide(JsonNode texts) {
            this.texts = texts;
        }

        @Override
        public void init(ProcessorContext<String, Outcome> context) {
            this.context = context;
            this.matters = context.getStateStore("matters");
        }

        @Override
        public void process(Record<String, Joining> input) {
            try {
                context.forward(input.withValue(decide(input.key(), input.value())));
            } catch (java.io.IOException unreadable) {
                throw new IllegalStateException("an event of the bench is no JSON", unreadable);
            }
        }

        private Outcome decide(String subject, Joining joining) throws java.io.IOException {
            JsonNode event = JSON.readTree(joining.event());
            JsonNode data = event.get("data");
            OffsetDateTime now = OffsetDateTime.now(SHANGHAI);
            String instant = INSTANT.format(now);
            String today = now.toLocalDate().toString();
            String decisionId =
                    identity(event.get("source").asText() + "\n" + event.get("id").asText());

            ArrayNode looked = JSON.createArrayNode();
            ArrayNode refs = JSON.createArrayNode();
            ArrayNode reasons = JSON.createArrayNode();
            List<byte[]> actions = new ArrayList<>();
            if (joining.entries() != null) {
                for (JsonNode entry : JSON.readTree(joining.entries())) {
                    looked.add(entryRef(entry));
                    if (!active(entry, LocalDate.now(SHANGHAI))) {
                        continue;
                    }
                    String actionId = identity(decisionId + "\n" + entry.get("entry_id").asText());
                    refs.add(
                            JSON.createObjectNode()
                                    .put("action_id", actionId)
                                    .put("effect", "block")
                                    .put("state", "in_force"));
                    reasons.add(reason(entry));
                    actions.add(action(event, entry, actionId, decisionId, instant, today));
                }
            }
            String verdict = actions.isEmpty() ? "pass" : "deny";
            ObjectNode decision = envelope(decisionId + "/0", "credit.decision.made", event, instant);
            ObjectNode body = decision.putObject("data");
            body.put("decision_id", decisionId).put("sequence", 0);
            body.set("event", eventRef(event));
            body.set("department", data.get("department"));
            body.set("item_code", data.get("item_code"));
            body.set("application_no", data.get("application_no"));
            body.put("verdict", verdict);
            body.set("actions", refs);
            body.set("reasons", reasons);
            body.set("entries", looked);
            body.put("decided_at", instant).put("cause", "event");
            body.set("catalogue_version", texts.get("catalogue_version"));
            long offset = context.recordMetadata().map(m -> m.offset()).orElse(0L);
            int partition = context.recordMetadata().map(m -> m.partition()).orElse(0);
            body.putObject("event_position")
                    .put("topic", context.recordMetadata().map(m -> m.topic()).orElse(""))
                    .put("partition", partition)
                    .put("offset", offset);
            body.putObject("list_position").put("partition", partition).put("offset", 0);
            body.putObject("review_position").put("partition", partition).put("offset", 0);
            body.put("day", today);

            ObjectNode state = JSON.createObjectNode();
            state.put("decision_id", decisionId).put("sequence", 0).put("verdict", verdict);
            state.set("event", eventRef(event));
            state.set("actions", refs);
            matters.put(
                    subject + "/matter/" + data.get("application_no").asText(),
                    JSON.writeValueAsBytes(state));
            return new Outcome(JSON.writeValueAsBytes(decision), actions);
        }

        private byte[] action(
                JsonNode event,
                JsonNode entry,
                String actionId,
                String decisionId,
                String instant,
                String today)
                throws java.io.IOException {
            ObjectNode action = envelope(actionId + "/0", "credit.action.issued", event, instant);
            ObjectNode body = action.putObject("data");
            body.put("action_id", actionId).put("revision", 0).put("decision_id", decisionId);
            body.set("event", eventRef(event));
            body.set("entry", entryRef(entry));
            body.setAll((ObjectNode) texts.get("action").deepCopy());
            for (String field : List.of("department", "item_code", "application_no")) {
                body.set(field, event.get("data").get(field));
            }
            body.put("from", today);
            body.set("until", entry.get("effective_until"));
            return JSON.writeValueAsBytes(action);
        }

        private static ObjectNode reason(JsonNode entry) {
            ObjectNode reason = JSON.createObjectNode();
            reason.put("code", "blocked").put("zh", "列入名单").put("en", "listed");
            reason.putNull("measure_id");
            reason.set("list_code", entry.get("list_code"));
            reason.set("entry_id", entry.get("entry_id"));
            return reason;
        }

        private static boolean active(JsonNode entry, LocalDate day) {
            JsonNode until = entry.get("effective_until");
            return !LocalDate.parse(entry.get("effective_from").asText()).isAfter(day)
                    && (until.isNull() || day.isBefore(LocalDate.parse(until.asText())));
        }

        private static ObjectNode envelope(String id, String type, JsonNode event, String instant) {
            ObjectNode envelope = JSON.createObjectNode();
            envelope.put("specversion", "1.0").put("id", id).put("source", "/credit-trigger/bench");
            envelope.put("type", type);
            envelope.set("subject", event.get("subject"));
            envelope.put("time", instant).put("datacontenttype", "application/json");
            return envelope;
        }

        private static ObjectNode eventRef(JsonNode event) {
            ObjectNode reference = JSON.createObjectNode();
            for (String field : List.of("source", "id", "type", "time")) {
                reference.set(field, event.get(field));
            }
            return reference;
        }

        private static ObjectNode entryRef(JsonNode entry) {
            ObjectNode reference = JSON.createObjectNode();
            for (String field : List.of("list_code", "entry_id", "revision")) {
                reference.set(field, entry.get(field));
            }
            return reference;
        }

        private static String identity(String name) {
            return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
        }
    }
}
