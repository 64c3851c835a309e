/** True in the minutes that a cron expression names: numbers, ranges, lists and steps, in UTC. */
export function isDue(cron: string, at: Date): boolean {
  const values = [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1, at.getUTCDay()];
  const fields = cron.split(" ");
  return fields.length === values.length && fields.every((field, index) => matches(field, values[index] ?? 0));
}

function matches(field: string, value: number): boolean {
  return field.split(",").some((part) => {
    const [, all, from, to, step = "1"] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (all !== undefined) return value % Number(step) === 0;
    const first = Number(from);
    return value >= first && value <= Number(to ?? from) && (value - first) % Number(step) === 0;
  });
}
