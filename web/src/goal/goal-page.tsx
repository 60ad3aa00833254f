import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Mandala } from "../api/types";
import { Chart } from "../chart/chart";
import { actionsOf, type Entries, entriesOf, entryAt } from "../chart/entries";
import { type Cell, type CellContent, contentKey } from "../chart/layout";
import { Legend, Overview } from "../chart/overview";
import { useApi } from "../context";
import { GenerationBar } from "../generation/generation-bar";
import { type Generation, useExecution } from "../generation/use-execution";
import { languageOf, useLanguage } from "../i18n/language";
import { ProblemNotice } from "../problem";
import { useResource } from "../resource";
import { linkTo } from "../router";
import { Panel } from "./panel";

function isNarrow(): boolean {
  return window.matchMedia("(max-width: 45rem)").matches;
}

function Head({ mandala, generation }: { mandala: Mandala; generation: Generation }) {
  const { texts, formatDate } = useLanguage();
  const { goal } = mandala;
  const actions = actionsOf(mandala);
  const isRunning = generation.execution?.status === "running";
  const isWritten = actions.length > 0 && actions.every((action) => action.taskCount > 0);
  const label = isWritten ? texts.generateAgain : texts.generate;
  return (
    <header className="goal-head">
      <div className="goal-head-text">
        <a className="back" {...linkTo("/")}>
          {texts.back}
        </a>
        <h1 lang={languageOf(goal.title)}>{goal.title}</h1>
        <p className="goal-facts">
          <span>{texts.done(goal.progress)}</span>
          {goal.deadline && <span>{texts.by(formatDate(goal.deadline))}</span>}
        </p>
      </div>
      {!isRunning && (
        <button
          type="button"
          className="primary"
          title={actions.length === 0 ? texts.fillFirst : texts.generateHint}
          disabled={actions.length === 0 || generation.pending !== null}
          onClick={generation.start}
        >
          {generation.pending === "start" ? texts.starting : label}
        </button>
      )}
    </header>
  );
}

function ZoomSwitch({ block, onChange }: { block: number | null; onChange(block: number | null): void }) {
  const { texts } = useLanguage();
  return (
    <fieldset className="zoom">
      <legend className="unseen">{texts.chart}</legend>
      <button type="button" aria-pressed={block === null} onClick={() => onChange(null)}>
        {texts.wholeChart}
      </button>
      <button type="button" aria-pressed={block !== null} onClick={() => onChange(block ?? 0)}>
        {texts.oneBlock}
      </button>
    </fieldset>
  );
}

function BlockName({ entries, block }: { entries: Entries; block: number }) {
  const { texts } = useLanguage();
  const title = block === 0 ? null : entryAt(entries, { kind: "subGoal", position: block })?.title;
  return (
    <p className="block-name" {...(title ? { lang: languageOf(title) } : {})}>
      {title ?? (block === 0 ? texts.centreBlock : texts.subGoal(block))}
    </p>
  );
}

/** Readings of the chart are spaced out: a run reports sixty-four times, the chart need not be read as often. */
function useSpacedOut(work: () => Promise<void>, everyMs: number): () => void {
  const timer = useRef<number | null>(null);
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => () => window.clearTimeout(timer.current ?? undefined), []);
  return useCallback(() => {
    if (timer.current !== null) return;
    timer.current = window.setTimeout(() => {
      timer.current = null;
      void latest.current();
    }, everyMs);
  }, [everyMs]);
}

function ChartArea({ goalId, mandala, reload }: { goalId: string; mandala: Mandala; reload(): Promise<void> }) {
  const { texts } = useLanguage();
  const entries = useMemo(() => entriesOf(mandala), [mandala]);
  const [block, setBlock] = useState<number | null>(() => (isNarrow() ? 0 : null));
  const [selected, setSelected] = useState<CellContent | null>(null);
  const area = useRef<HTMLDivElement>(null);

  const open = useCallback(
    ({ content, block: place }: Cell) => {
      // Inside the middle block a sub-goal is the door to its own block, and on a phone the whole chart is a map;
      // everywhere else a cell opens.
      if (block === 0 && content.kind === "subGoal") setBlock(content.position);
      else if (block === null && isNarrow()) setBlock(place);
      else setSelected(content);
    },
    [block],
  );

  function select(content: CellContent | null) {
    setSelected(content);
    if (content === null) {
      // The chart may have been hidden behind the panel: it can take the focus only once it is back.
      requestAnimationFrame(() => area.current?.querySelector<HTMLElement>('.cell[tabindex="0"]')?.focus());
    }
  }

  return (
    <div className={selected ? "work work-open" : "work"} ref={area}>
      <div className={block === null ? "chart-side" : "chart-side chart-side-block"}>
        <div className="chart-tools">
          <div>
            {block !== null && <BlockName entries={entries} block={block} />}
            <ZoomSwitch block={block} onChange={setBlock} />
          </div>
          {block !== null && <Overview entries={entries} block={block} onChoose={setBlock} />}
        </div>
        <Chart key={block ?? "whole"} entries={entries} block={block} selected={selected} onOpen={open} />
        <p className="unseen" id="chart-help">
          {texts.chartHelp}
        </p>
        <Legend />
      </div>
      {selected && (
        <Panel
          key={contentKey(selected)}
          goalId={goalId}
          content={selected}
          entries={entries}
          onSelect={select}
          onZoom={(position) => {
            setBlock(position);
            setSelected(null);
          }}
          onChanged={reload}
        />
      )}
    </div>
  );
}

/** One goal: its chart, its task generation, and whatever cell is open. */
export function GoalPage({ goalId }: { goalId: string }) {
  const api = useApi();
  const { texts } = useLanguage();
  const mandala = useResource(goalId, () => api.getMandala(goalId));
  const reloadSoon = useSpacedOut(mandala.reload, 1_500);
  const generation = useExecution(goalId, reloadSoon);
  const title = mandala.value?.goal.title;

  useEffect(() => {
    document.title = title ? `${title} · ${texts.product}` : texts.product;
  }, [title, texts]);

  return (
    <main className="goal">
      {mandala.value ? (
        <>
          <Head mandala={mandala.value} generation={generation} />
          <GenerationBar generation={generation} />
          {mandala.error !== null && <ProblemNotice error={mandala.error} onRetry={mandala.reload} />}
          <ChartArea goalId={goalId} mandala={mandala.value} reload={mandala.reload} />
        </>
      ) : mandala.error !== null ? (
        <div className="page">
          <ProblemNotice error={mandala.error} onRetry={mandala.reload} />
          <a {...linkTo("/")}>{texts.back}</a>
        </div>
      ) : (
        <p className="loading page">{texts.loading}</p>
      )}
    </main>
  );
}
