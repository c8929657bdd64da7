import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/**
 * The context as JDBC passes it: PassContext.java URL USER PASSWORD TENANT USER.
 * Prints what pass_context.py prints, but for a tenant's id alone as text, which is no uuid to the server.
 */
public class PassContext {
    private static Connection connection;

    private static void put(String name, String tenant, String user, Object... given) throws SQLException {
        String places = given.length == 1 ? "?" : "?, ?";
        try (PreparedStatement statement = connection.prepareStatement("SELECT awgp.set_context(" + places + ")")) {
            for (int place = 0; place < given.length; place++) {
                if (given[place] instanceof UUID) {
                    statement.setObject(place + 1, given[place]);
                } else {
                    statement.setString(place + 1, (String) given[place]);
                }
            }
            statement.executeQuery();
        }
        String asked = "SELECT awgp.current_tenant()::text = ?, coalesce(awgp.current_user_id()::text = ?, false)";
        try (PreparedStatement statement = connection.prepareStatement(asked)) {
            statement.setString(1, tenant);
            statement.setString(2, user);
            ResultSet rows = statement.executeQuery();
            rows.next();
            System.out.println(name + " " + word(rows.getBoolean(1)) + " " + word(rows.getBoolean(2)));
        }
        connection.rollback();
    }

    private static String word(boolean value) {
        return value ? "True" : "False";
    }

    public static void main(String[] arguments) throws SQLException {
        connection = DriverManager.getConnection(arguments[0], arguments[1], arguments[2]);
        connection.setAutoCommit(false);
        String tenant = arguments[3];
        String user = arguments[4];
        put("names", tenant, user, "north", "manager@north.example");
        put("ids", tenant, user, tenant, user);
        put("uuids", tenant, user, UUID.fromString(tenant), UUID.fromString(user));
        put("nobody", tenant, user, "north", null);
        put("tenant_uuid", tenant, user, UUID.fromString(tenant));
        connection.close();
    }
}
