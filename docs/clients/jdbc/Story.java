import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;

/**
 * The story of docs/clients, told with JDBC: java -cp /usr/share/java/postgresql.jar Story.java, with
 * DATABASE_URL of a member of awgp_app, as jdbc:postgresql://HOST/DATABASE?user=LOGIN&amp;password=PASSWORD.
 */
public class Story {
    private record Who(UUID tenant, UUID user) {
        Who {
            Objects.requireNonNull(tenant, "no tenant to put in context");
            Objects.requireNonNull(user, "no user to put in context: without one, no role is checked");
        }
    }

    private record Refusal(String code, String reason, String hint) {}

    private record Answer(boolean allowed, String reason, String status, String action) {
        /** Whether to act. With a repeated key allowed stays true when the action is over. */
        boolean mayAct() {
            return allowed && "begun".equals(status);
        }
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }

    private interface Transaction<T> {
        T run() throws SQLException;
    }

    /** A pool would be in its place: one connection for each transaction is slow. */
    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(System.getenv("DATABASE_URL"));
    }

    /** Runs work in a transaction with a tenant, and a user of it, in context. */
    private static <T> T inContext(Who who, int isolation, Work<T> work) throws SQLException {
        try (Connection connection = connect()) {
            connection.setTransactionIsolation(isolation);
            connection.setAutoCommit(false);
            try {
                one(connection, "SELECT awgp.set_context(?, ?)", who.tenant(), who.user());
                T result = work.in(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException error) {
                rollBack(connection, error);
                throw error;
            }
        }
    }

    /** A connection that is gone cannot roll back; what has happened is the first error. */
    private static void rollBack(Connection connection, Exception error) {
        try {
            connection.rollback();
        } catch (SQLException lost) {
            error.addSuppressed(lost);
        }
    }

    private static <T> T inContext(Who who, Work<T> work) throws SQLException {
        return inContext(who, Connection.TRANSACTION_READ_COMMITTED, work);
    }

    private static final Pattern REASON = Pattern.compile("^\\{\"reason\": ?\"(\\w+)\"");

    /** Takes a refusal apart. DETAIL is JSON and begins with a reason that never changes its meaning. */
    private static Refusal refusal(SQLException error) {
        if (!(error instanceof PSQLException refused) || refused.getServerErrorMessage() == null) {
            return new Refusal(error.getSQLState(), null, null);
        }
        String detail = refused.getServerErrorMessage().getDetail();
        Matcher found = REASON.matcher(detail == null ? "" : detail);
        return new Refusal(error.getSQLState(), found.find() ? found.group(1) : null, refused.getServerErrorMessage().getHint());
    }

    /** The whole transaction again helps after these and no others. */
    private static final Set<String> AGAIN = Set.of("40001", "40P01", "55P03");

    /** Runs a transaction; after a conflict with another one again, at most five times in all. */
    private static <T> T retrying(Transaction<T> transaction) throws SQLException, InterruptedException {
        for (int attempt = 1;; attempt++) {
            try {
                return transaction.run();
            } catch (SQLException error) {
                if (attempt == 5 || !AGAIN.contains(error.getSQLState())) {
                    throw error;
                }
            }
            Thread.sleep(ThreadLocalRandom.current().nextLong(20L << attempt));
        }
    }

    /** The first row of a statement, as texts. */
    private static String[] one(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int place = 0; place < values.length; place++) {
                statement.setObject(place + 1, values[place]);
            }
            ResultSet rows = statement.executeQuery();
            rows.next();
            String[] row = new String[rows.getMetaData().getColumnCount()];
            for (int place = 0; place < row.length; place++) {
                row[place] = rows.getString(place + 1);
            }
            return row;
        }
    }

    private static void update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int place = 0; place < values.length; place++) {
                statement.setObject(place + 1, values[place]);
            }
            statement.executeUpdate();
        }
    }

    private static Who ada;
    private static Who bob;
    private static UUID assistant;

    /** Who acts. An application knows the ids of its people; here set_context() takes their names. */
    private static void scene() throws SQLException {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            one(connection, "SELECT awgp.set_context(?, ?)", "north", "ada@north.example");
            String[] found = one(connection, """
                SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.find_user('bob@north.example'),
                       (SELECT id FROM awgp.assistants WHERE slug = 'invoices')""");
            connection.commit();
            UUID tenant = UUID.fromString(found[0]);
            ada = new Who(tenant, UUID.fromString(found[1]));
            bob = new Who(tenant, UUID.fromString(found[2]));
            assistant = UUID.fromString(found[3]);
        }
    }

    private static UUID createItem() throws SQLException {
        String sql = "SELECT id, status FROM awgp.create_work_item(?, ?, risk_level => ?, estimated_cost => ?)";
        String[] item = inContext(ada, connection -> one(connection, sql, assistant, "Pay invoice 17", 3, new BigDecimal("0.5")));
        System.out.println("created: " + item[1]);
        return UUID.fromString(item[0]);
    }

    /** Two transactions change one row: the second one is told to begin again. */
    private static void conflict(UUID item) throws SQLException, InterruptedException {
        String priority = "UPDATE awgp.work_items SET priority = ? WHERE id = ?";
        AtomicInteger attempts = new AtomicInteger();
        retrying(() -> inContext(ada, Connection.TRANSACTION_REPEATABLE_READ, connection -> {
            if (attempts.incrementAndGet() == 1) {
                inContext(bob, other -> {
                    update(other, priority, 2, item);
                    return null;
                });
            }
            update(connection, priority, 1, item);
            return null;
        }));
        System.out.println("conflict: done at attempt " + attempts);
    }

    /** The one call before an assistant acts. It answers; a denial is no error, and is committed. */
    private static Answer begin(UUID item) throws SQLException {
        String sql = """
            SELECT answer ->> 'allowed', answer ->> 'reason', answer ->> 'status', answer ->> 'action_id'
            FROM awgp.begin_action(?, 'pay_invoice', 'openai', ?, idempotency_key => ?) AS answer""";
        String[] answer = inContext(ada, connection -> one(connection, sql, item, new BigDecimal("0.25"), "invoice-17"));
        return new Answer(Boolean.parseBoolean(answer[0]), answer[1], answer[2], answer[3]);
    }

    private static void deniedAndRefused(UUID item) throws SQLException, InterruptedException {
        System.out.println("begun: " + begin(item).reason());
        AtomicInteger attempts = new AtomicInteger();
        try {
            retrying(() -> {
                attempts.incrementAndGet();
                return inContext(ada, connection -> one(connection, "SELECT status FROM awgp.start_work_item(?)", item));
            });
        } catch (SQLException error) {
            Refusal refused = refusal(error);
            System.out.println("refused: " + refused.code() + " " + refused.reason() + " at attempt " + attempts);
        }
    }

    private static void approve(UUID item) throws SQLException {
        String[] asked = inContext(ada, connection -> one(connection,
            "SELECT id, status FROM awgp.request_approval(?)", item));
        String[] decided = inContext(bob, connection -> one(connection,
            "SELECT status FROM awgp.approve(?, ?)", UUID.fromString(asked[0]), "the amount is right"));
        System.out.println("approval: " + asked[1] + " " + decided[0]);
    }

    private record Report(String outcome, String model, Integer inputTokens, Integer outputTokens, BigDecimal cost, String result) {
        /** Nobody knows whether it happened. A person says so later, or a later report. */
        static final Report UNKNOWN = new Report("unknown", null, null, null, null, null);
    }

    /** Reports how an action ended; returns the outcome and the cost. */
    private static String[] finish(String action, Report report) throws SQLException {
        String sql = """
            SELECT answer ->> 'status', answer ->> 'cost_amount'
            FROM awgp.finish_action(?, ?, ?, ?, ?, ?, ?::jsonb) AS answer""";
        return inContext(ada, connection -> one(connection, sql, UUID.fromString(action), report.outcome(), report.model(),
            report.inputTokens(), report.outputTokens(), report.cost(), report.result()));
    }

    /** Begins an action, does the work and reports how it ended, in two transactions. */
    private static String[] governed(UUID item, Function<Answer, Report> work) throws SQLException {
        Answer begun = begin(item);
        if (!begun.mayAct()) {
            return new String[] {begun.reason(), null};
        }
        Report report;
        try {
            report = work.apply(begun);
        } catch (RuntimeException error) {
            finish(begun.action(), Report.UNKNOWN);
            throw error;
        }
        return finish(begun.action(), report);
    }

    private static void act(UUID item) throws SQLException {
        Answer begun = begin(item);
        Answer again = begin(item);
        System.out.println("begun: " + begun.reason() + " " + (begun.action().equals(again.action()) ? "once" : "twice"));
        // Here the invoice would be paid, until `expires_at`.
        String[] finished = governed(item, answer ->
            new Report("succeeded", "gpt-4", 1200, 300, new BigDecimal("0.031"), "{\"paid\": true}"));
        System.out.println("finished: " + finished[0] + " " + finished[1]);
    }

    private static void recordCost() throws SQLException {
        String sql = """
            SELECT id, cost_amount
            FROM awgp.record_cost(?, 'openai', 'gpt-4', 100, 20, ?, idempotency_key => ?)""";
        Work<String[]> record = connection -> one(connection, sql, assistant, new BigDecimal("0.002"), "call-1");
        String[] entry = inContext(ada, record);
        String[] same = inContext(ada, record);
        System.out.println("cost: " + entry[1] + " " + (entry[0].equals(same[0]) ? "once" : "twice"));
    }

    /**
     * Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see
     * the rows of its subsidiaries too: WHERE tenant_id = awgp.current_tenant() leaves them out.
     */
    private static void list() throws SQLException {
        inContext(ada, connection -> {
            String sql = "SELECT title, status, assistant_slug FROM awgp.work_item_list";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                ResultSet rows = statement.executeQuery();
                while (rows.next()) {
                    System.out.println("listed: " + rows.getString(1) + " " + rows.getString(2) + " " + rows.getString(3));
                }
                return null;
            }
        });
        try (Connection connection = connect()) {
            System.out.println("without a context: " + one(connection, "SELECT count(*) FROM awgp.work_items")[0]);
        }
    }

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        scene();
        UUID item = createItem();
        conflict(item);
        deniedAndRefused(item);
        approve(item);
        act(item);
        recordCost();
        list();
    }
}
