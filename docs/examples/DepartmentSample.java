// A department's system in Java, against the public contract alone: Kafka's own client and Jackson.
//
//   java -cp 'jars/*' DepartmentSample.java kafka-1:9092 1121050010500055XW done.txt [--once]
//
// It reads credit.answers.<department>, acts on each action id and revision once, and reports that
// on credit.receipts. What was acted on stands in a file that is forced to the disk: `begun <name>`
// before it acts, `done <name>` after. Killed in between (kill -9), it neither acts again nor reports:
// each start names the action as in doubt, until somebody has looked and added the line `done`.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class DepartmentSample {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter INSTANT =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx");

    public static void main(String[] given) throws Exception {
        String kafka = given[0], department = given[1];
        Path journal = Path.of(given[2]);
        boolean once = given.length > 3 && given[3].equals("--once");
        Map<String, Object> reading = Map.of(
            "bootstrap.servers", kafka, "group.id", "department-" + department,
            "isolation.level", "read_committed", "enable.auto.commit", "false",
            "auto.offset.reset", "earliest", "allow.auto.create.topics", "false");
        Map<String, Object> writing = Map.of("bootstrap.servers", kafka, "acks", "all");
        Set<String> noted = new HashSet<>(
            Files.exists(journal) ? Files.readAllLines(journal) : List.of());
        for (String line : noted) {
            String name = line.replaceFirst("^begun ", "");
            if (!name.equals(line) && !noted.contains("done " + name)) {
                System.err.println("in doubt: " + name);
            }
        }
        try (FileChannel file = FileChannel.open(
                 journal, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
             var consumer = new KafkaConsumer<>(
                 reading, new StringDeserializer(), new StringDeserializer());
             var producer = new KafkaProducer<>(
                 writing, new StringSerializer(), new StringSerializer())) {
            consumer.subscribe(List.of("credit.answers." + department));
            for (boolean seen = false, more = true; more;) {
                var came = consumer.poll(Duration.ofSeconds(2));
                for (ConsumerRecord<String, String> each : came) {
                    JsonNode told = JSON.readTree(each.value()), data = told.path("data");
                    String type = told.path("type").asText();
                    if (type.equals("credit.decision.made")) {
                        System.out.println(data.path("application_no").asText() + " "
                            + each.key() + " " + data.path("verdict").asText());
                    } else if (type.startsWith("credit.action.")) {
                        String id = data.path("action_id").asText();
                        String name = id + "/" + data.path("revision").asLong();
                        if (noted.add("begun " + name)) {
                            note(file, "begun " + name);
                            System.out.println(type + " " + name);  // act here
                            note(file, "done " + name);
                            noted.add("done " + name);
                        }
                        if (data.path("state").asText().equals("in_force")
                                && noted.contains("done " + name)) {
                            // Also of one known already: its receipt may not have arrived. Its id
                            // is made of the action, so readers count it once.
                            producer.send(receipt(each.key(), department, id)).get();
                        }
                    }
                }
                consumer.commitSync();
                seen |= !came.isEmpty();
                more = !(once && seen && came.isEmpty());
            }
        }
    }

    private static void note(FileChannel file, String line) throws Exception {
        file.write(ByteBuffer.wrap((line + "\n").getBytes()));
        file.force(true);
    }

    private static ProducerRecord<String, String> receipt(
            String subject, String department, String action) throws Exception {
        String id = UUID.nameUUIDFromBytes(("executed\n" + action).getBytes()).toString();
        String at = OffsetDateTime.now(ZoneOffset.ofHours(8)).format(INSTANT);
        ObjectNode message = JSON.createObjectNode()
            .put("specversion", "1.0").put("id", id).put("source", "/departments/" + department)
            .put("type", "credit.receipt.recorded").put("subject", subject).put("time", at)
            .put("datacontenttype", "application/json");
        message.putObject("data")
            .put("receipt_id", id).put("action_id", action).put("department", department)
            .put("outcome", "executed").put("at", at);
        var record = new ProducerRecord<>(
            "credit.receipts", subject, JSON.writeValueAsString(message));
        record.headers().add("content-type", "application/cloudevents+json".getBytes());
        return record;
    }
}
