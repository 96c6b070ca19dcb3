import { useQuery } from '@tanstack/react-query'
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { about } from '../api/queries'
import { useLanguage, type Language } from '../i18n/language'
import { classes } from '../ui/classes'
import { Icon } from '../ui/Icon'
import over from '../ui/popover.module.css'
import { Segments } from '../ui/Segments'
import { useTheme, type Theme } from '../ui/theme'
import css from './Settings.module.css'

const LANGUAGES: { id: Language; name: string }[] = [
  { id: 'ko', name: '한국어' },
  { id: 'en', name: 'English' },
]

/** Language and theme; both are remembered. */
export function Settings() {
  const { t, language, setLanguage } = useLanguage()
  const [theme, setTheme] = useTheme()
  const { data } = useQuery(about())
  const themes: { id: Theme; name: string }[] = [
    { id: 'system', name: t('theme.system') },
    { id: 'light', name: t('theme.light') },
    { id: 'dark', name: t('theme.dark') },
  ]
  return (
    <DialogTrigger>
      <Button className="rail-item">
        <Icon name="settings" />
        <span className="rail-name">{t('rail.settings')}</span>
      </Button>
      <Popover className={classes(over.popover, css.settings)} placement="top start">
        <Dialog aria-label={t('rail.settings')}>
          <p className={classes(css.label)}>{t('settings.language')}</p>
          <Segments label={t('settings.language')} options={LANGUAGES} value={language} onChange={setLanguage} />
          <p className={classes(css.label)}>{t('settings.theme')}</p>
          <Segments label={t('settings.theme')} options={themes} value={theme} onChange={setTheme} />
          {data && <p className="quiet">{t('settings.version', { version: data.version })}</p>}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
