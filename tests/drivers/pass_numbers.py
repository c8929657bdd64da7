"""Numbers as psycopg 3 and psycopg2 bind them: pass_numbers.py MODULE URL TENANT ASSISTANT.

Prints a line a call: what was passed, and the cost that was entered. tests/tests/drivers.rs compares."""

import decimal
import importlib
import sys

module, url, tenant, assistant = sys.argv[1:]
driver = importlib.import_module(module)
connection = driver.connect(url)
cursor = connection.cursor()
COST = "SELECT cost_amount::text, input_tokens FROM awgp.record_cost(%s, 'openai', 'gpt-4', %s, %s, %s)"


def enter(name, tokens, cost):
    cursor.execute("SELECT awgp.set_context(%s)", (tenant,))
    try:
        cursor.execute(COST, (assistant, tokens, 20, cost))
        print(name, *cursor.fetchone())
        connection.commit()
    except driver.Error as error:
        print(name, getattr(error, "sqlstate", None) or error.pgcode)
        connection.rollback()


enter("float", 10, 0.00123)
enter("float32k", 40000, 1e-05)
enter("decimal", 10, decimal.Decimal("123456789.123456"))
enter("integer", 10, 2)
enter("text", 10, "0.00123")
enter("none", 10, None)
enter("large", 3_000_000_000, 0.5)

cursor.execute("SELECT awgp.set_context(%s)", (tenant,))
WORK = "SELECT risk_level, estimated_cost::text FROM awgp.create_work_item(%s, 'w', risk_level => %s, estimated_cost => %s)"
cursor.execute(WORK, (assistant, 1, 0.25))
print("work", *cursor.fetchone())
FLAG = "SELECT confidence_score::text FROM awgp.flag_hallucination(%s, 'pattern', %s)"
cursor.execute(FLAG, (assistant, 0.9))
print("score", *cursor.fetchone())
connection.rollback()
