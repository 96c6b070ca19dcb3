import { useEffect, useRef } from 'react'
import uPlot, { type AlignedData, type Options } from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Loss, LossColumns } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { rounded, type Language } from '../../text/numbers'
import { classes } from '../../ui/classes'
import css from './Plot.module.css'
import { useShownTheme } from '../../ui/theme'

const HEIGHT_PX = 320

interface Props {
  loss: Loss
  /** The lower and upper edge of a shaded band, where there is one, and after them the curve: the last is on top. */
  columns: (keyof LossColumns)[]
  names: string[]
}

/** One curve over the steps, checkpoints as fine upright lines; colours are the theme's. */
export function Plot({ loss, columns, names }: Props) {
  const { t, language } = useLanguage()
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef({ loss, columns })
  const theme = useShownTheme()
  const labels = [t('curve.step'), ...names].join('\n')

  useEffect(() => {
    const box = place.current
    if (!box) return
    const marks = () => latest.current.loss.checkpoints
    const made = new uPlot(options(box, labels.split('\n'), marks, language), dataOf(latest.current), box)
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT_PX }))
    resized.observe(box)
    return () => {
      resized.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [labels, theme, language])

  useEffect(() => {
    latest.current = { loss, columns }
    plot.current?.setData(dataOf(latest.current))
  }, [loss, columns])

  return (
    <div
      ref={place}
      className={classes(css.plot)}
      role="img"
      aria-label={names.at(-1)}
      style={{ minHeight: HEIGHT_PX }}
    />
  )
}

function dataOf({ loss, columns }: { loss: Loss; columns: (keyof LossColumns)[] }): AlignedData {
  return [loss.columns.step, ...columns.map((column) => loss.columns[column])] as AlignedData
}

function options(box: HTMLElement, labels: string[], marks: () => number[], language: Language): Options {
  const style = getComputedStyle(box)
  const colour = (name: string) => colourOf(box, name)
  const line = { stroke: colour('--line'), width: 1 }
  const axis = { stroke: colour('--quiet'), grid: line, ticks: line, font: `12px ${style.fontFamily}` }
  const value = (_: uPlot, point: number | null) => said(point, language)
  const edges = labels.slice(1, -1).map((edge) => ({
    label: edge,
    stroke: colour('--accent-soft'),
    width: 1,
    points: { show: false },
    value,
  }))
  return {
    width: box.clientWidth,
    height: HEIGHT_PX,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => said(tick, language)) }],
    series: [{ label: labels[0]! }, ...edges, { label: labels.at(-1)!, stroke: colour('--accent'), width: 2, value }],
    bands: edges.length === 2 ? [{ series: [2, 1], fill: colour('--accent-soft') }] : [],
    cursor: { drag: { x: true, y: false } },
    hooks: { drawAxes: [(made) => drawMarks(made, marks(), colour('--line-strong'))] },
  }
}

/** A canvas takes no var() and no light-dark(): the browser says what they come to here. */
function colourOf(box: HTMLElement, name: string): string {
  const probe = box.appendChild(document.createElement('span'))
  probe.style.color = `var(${name})`
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

function said(value: number | null, language: Language): string {
  return value === null || value === undefined ? '–' : rounded(value, language)
}

/** Upright dashed lines where the training was saved. */
function drawMarks(plot: uPlot, steps: number[], colour: string): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = colour
  ctx.setLineDash([2, 6])
  for (const step of steps) {
    const x = Math.round(plot.valToPos(step, 'x', true)) + 0.5
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}
