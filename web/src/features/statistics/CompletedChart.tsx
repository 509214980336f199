import { VisuallyHidden } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { DayCount } from "../../api/generated/taskfleet.schemas";
import { en } from "../../words/en";
import { nameDay } from "./days";

const HEIGHT_PX = 240;
const MOTION_MS = 200;
const TICK = { fill: "var(--quiet)", fontSize: 13 };

/** How many tasks were completed on each day: a picture, and the same figures as a table for who does not see it. */
export function CompletedChart({ days }: { readonly days: readonly DayCount[] }) {
  const isMoving = !useReducedMotion();
  return (
    <>
      <div aria-hidden className="completed-chart">
        <ResponsiveContainer width="100%" height={HEIGHT_PX}>
          <BarChart
            data={[...days]}
            accessibilityLayer={false}
            margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
          >
            <CartesianGrid vertical={false} stroke="var(--hairline)" />
            <XAxis
              dataKey="date"
              tickFormatter={nameDay}
              tick={TICK}
              tickLine={false}
              axisLine={{ stroke: "var(--hairline)" }}
              minTickGap={24}
            />
            <YAxis allowDecimals={false} width={32} tick={TICK} tickLine={false} axisLine={false} />
            <Tooltip
              cursor={{ fill: "var(--row-hover)" }}
              isAnimationActive={false}
              labelFormatter={(date) => nameDay(String(date))}
              formatter={(count) => [count, en.statistics.completed]}
              contentStyle={{
                background: "var(--mantine-color-body)",
                border: "1px solid var(--hairline)",
                borderRadius: "var(--mantine-radius-sm)",
              }}
              itemStyle={{ color: "var(--mantine-color-text)" }}
            />
            <Bar
              dataKey="count"
              fill="var(--chart-done)"
              radius={[2, 2, 0, 0]}
              isAnimationActive={isMoving}
              animationDuration={MOTION_MS}
            />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <VisuallyHidden>
        <table>
          <caption>{en.statistics.completedPerDay}</caption>
          <thead>
            <tr>
              <th scope="col">{en.statistics.day}</th>
              <th scope="col">{en.statistics.completed}</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ date, count }) => (
              <tr key={date}>
                <th scope="row">{nameDay(date)}</th>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </>
  );
}
