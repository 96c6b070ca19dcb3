import { useLanguage } from '../../i18n/language'
import { keysText, type Bound, type Scope } from '../../ui/keys/keymap'
import { isMac, useKeyTable } from '../../ui/keys/useKeys'
import { classes } from '../../ui/classes'
import { Window } from '../../ui/Window'
import css from './KeySheet.module.css'

const SCOPES: Scope[] = ['page', 'list', 'dialog', 'everywhere']

/** All keys that work on this page, made from the table that serves them: no key can be missing here. */
export default function KeySheet({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage()
  const table = useKeyTable()
  return (
    <Window title={t('keys.title')} isOpen onClose={onClose}>
      {SCOPES.map((scope) => (
        <Group key={scope} title={t(`keys.scope.${scope}`)} bound={table.filter((one) => one.scope === scope)} />
      ))}
    </Window>
  )
}

function Group({ title, bound }: { title: string; bound: Bound[] }) {
  // Two lists on one page take the same keys for the same thing.
  const rows = new Map(
    bound.filter(({ does }) => does !== '').map(({ keys, does }) => [`${keys} ${does}`, { keys, does }]),
  )
  if (rows.size === 0) return null
  return (
    <section>
      <h3 className={classes(css.scope)}>{title}</h3>
      <dl className={classes(css.keys)}>
        {[...rows.values()].map(({ keys, does }) => (
          <div key={`${keys} ${does}`}>
            <dt>{does}</dt>
            <dd>
              <kbd>{keysText(keys, isMac)}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
