package dev.pyvisor.wire;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads fields of an object that the runner wrote. A field that is absent takes its default, one
 * that is there must fit (SES-9); what does not fit breaks the rule that is named.
 *
 * <p>Immutable.
 */
public final class Fields {
  private final String rule;
  private final String what;
  private final JsonNode node;

  public Fields(String rule, String what, @Nullable JsonNode node) {
    this.rule = rule;
    this.what = what;
    if (node == null || !node.isObject()) {
      throw new ProtocolError(rule, what + " must be an object, not " + shown(node));
    }
    this.node = node;
  }

  public boolean has(String name) {
    return node.has(name) && !node.get(name).isNull();
  }

  public @Nullable JsonNode raw(String name) {
    return node.get(name);
  }

  public Fields object(String name) {
    return new Fields(rule, what + "." + name, node.get(name));
  }

  public String text(String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isString()) {
      throw unfit(name, "a string", value);
    }
    return value.stringValue();
  }

  public String text(String name, String otherwise) {
    return has(name) ? text(name) : otherwise;
  }

  public long number(String name) {
    JsonNode value = node.get(name);
    if (value == null
        || !value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < 0) {
      throw unfit(name, "a whole number from 0 on", value);
    }
    return value.longValue();
  }

  public long number(String name, long otherwise) {
    return has(name) ? number(name) : otherwise;
  }

  /** A number that fits 31 bits. */
  public int small(String name) {
    long value = number(name);
    if (value > Integer.MAX_VALUE) {
      throw unfit(name, "a number below 2^31", node.get(name));
    }
    return (int) value;
  }

  public boolean flag(String name) {
    JsonNode value = node.get(name);
    if (value == null || !value.isBoolean()) {
      throw unfit(name, "true or false", value);
    }
    return value.booleanValue();
  }

  public List<String> texts(String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw unfit(name, "a list of strings", value);
    }
    List<String> texts = new ArrayList<>(value.size());
    for (JsonNode item : value) {
      if (!item.isString()) {
        throw unfit(name, "a list of strings", value);
      }
      texts.add(item.stringValue());
    }
    return texts;
  }

  public List<Fields> objects(String name) {
    JsonNode value = node.get(name);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw unfit(name, "a list of objects", value);
    }
    List<Fields> objects = new ArrayList<>(value.size());
    for (JsonNode item : value) {
      objects.add(new Fields(rule, what + "." + name, item));
    }
    return objects;
  }

  /** For a field that its reader can make nothing of. */
  public ProtocolError unfit(String name, String wanted) {
    return unfit(name, wanted, node.get(name));
  }

  private ProtocolError unfit(String name, String wanted, @Nullable JsonNode value) {
    return new ProtocolError(
        rule, what + "." + name + " must be " + wanted + ", not " + shown(value));
  }

  private static String shown(@Nullable JsonNode value) {
    String text = value == null ? "nothing" : value.toString();
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "...";
  }
}
