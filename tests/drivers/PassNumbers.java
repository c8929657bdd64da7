import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.UUID;

/**
 * Numbers as JDBC binds them: PassNumbers.java URL USER PASSWORD TENANT ASSISTANT.
 * Prints what pass_numbers.py prints.
 */
public class PassNumbers {
    private interface Binding {
        void bind(PreparedStatement statement) throws SQLException;
    }

    private static Connection connection;
    private static UUID tenant;
    private static UUID assistant;

    private static void enter(String name, Binding tokens, Binding cost) throws SQLException {
        context();
        String sql = "SELECT cost_amount::text, input_tokens FROM awgp.record_cost(?, 'openai', 'gpt-4', ?, 20, ?)";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, assistant);
            tokens.bind(statement);
            cost.bind(statement);
            ResultSet rows = statement.executeQuery();
            rows.next();
            System.out.println(name + " " + rows.getString(1) + " " + rows.getInt(2));
            connection.commit();
        } catch (SQLException error) {
            System.out.println(name + " " + error.getSQLState());
            connection.rollback();
        }
    }

    private static void context() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT awgp.set_context(?)")) {
            statement.setObject(1, tenant);
            statement.executeQuery();
        }
    }

    public static void main(String[] arguments) throws SQLException {
        connection = DriverManager.getConnection(arguments[0], arguments[1], arguments[2]);
        connection.setAutoCommit(false);
        tenant = UUID.fromString(arguments[3]);
        assistant = UUID.fromString(arguments[4]);
        enter("float", s -> s.setInt(2, 10), s -> s.setDouble(3, 0.00123));
        enter("float32k", s -> s.setLong(2, 40000), s -> s.setDouble(3, 1e-5));
        enter("decimal", s -> s.setLong(2, 10), s -> s.setBigDecimal(3, new BigDecimal("123456789.123456")));
        enter("integer", s -> s.setShort(2, (short) 10), s -> s.setInt(3, 2));
        enter("text", s -> s.setObject(2, "10", Types.OTHER), s -> s.setObject(3, "0.00123", Types.OTHER));
        enter("none", s -> s.setLong(2, 10), s -> s.setNull(3, Types.NUMERIC));
        enter("large", s -> s.setLong(2, 3_000_000_000L), s -> s.setFloat(3, 0.5f));
        context();
        String work = "SELECT risk_level, estimated_cost::text"
            + " FROM awgp.create_work_item(?, 'w', risk_level => ?, estimated_cost => ?)";
        try (PreparedStatement statement = connection.prepareStatement(work)) {
            statement.setObject(1, assistant);
            statement.setLong(2, 1);
            statement.setDouble(3, 0.25);
            ResultSet rows = statement.executeQuery();
            rows.next();
            System.out.println("work " + rows.getInt(1) + " " + rows.getString(2));
        }
        String flag = "SELECT confidence_score::text FROM awgp.flag_hallucination(?, 'pattern', ?)";
        try (PreparedStatement statement = connection.prepareStatement(flag)) {
            statement.setObject(1, assistant);
            statement.setDouble(2, 0.9);
            ResultSet rows = statement.executeQuery();
            rows.next();
            System.out.println("score " + rows.getString(1));
        }
        connection.rollback();
    }
}
