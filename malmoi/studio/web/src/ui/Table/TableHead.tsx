import { useLanguage } from '../../i18n/language'
import { classes } from '../classes'
import type { Column } from './columns'
import type { Sort } from './order'
import css from './Table.module.css'

interface Props<Row> {
  columns: Column<Row>[]
  sort: Sort | null
  onSort: (sort: Sort | null) => void
  /** The box that chooses all rows. */
  all: { chosen: boolean; keys: string[]; select: { onSelect: (keys: Set<string>) => void } } | null
}

/** The row of names; pressing one sorts: up, down, as it came. */
export function TableHead<Row>({ columns, sort, onSort, all }: Props<Row>) {
  const { t } = useLanguage()
  return (
    <div role="row" aria-rowindex={1} className={classes(css.row, css.head)}>
      {all && (
        <div role="columnheader" className={classes(css.tick)}>
          <input
            type="checkbox"
            aria-label={t('table.choose_all')}
            checked={all.chosen}
            onChange={() => all.select.onSelect(new Set(all.chosen ? [] : all.keys))}
          />
        </div>
      )}
      {columns.map(({ id, name, numeric, wideOnly }) => {
        const direction = sort?.column === id ? (sort.descending ? 'descending' : 'ascending') : 'none'
        return (
          <div
            key={id}
            role="columnheader"
            aria-sort={direction}
            className={classes(css.cell, numeric && css.numeric, wideOnly && css.wide)}
          >
            <button type="button" className={classes(css.sort)} onClick={() => onSort(next(id, sort))}>
              {name}
              <span aria-hidden="true">{{ none: '', ascending: '↑', descending: '↓' }[direction]}</span>
            </button>
          </div>
        )
      })}
    </div>
  )
}

function next(column: string, sort: Sort | null): Sort | null {
  if (sort?.column !== column) return { column, descending: false }
  return sort.descending ? null : { column, descending: true }
}
