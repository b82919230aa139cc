/**
 * Steps that tours of every channel have in common. A channel's tour names its own fields and
 * leaves the screens of the core to these.
 */

const NAVBAR = ".o_main_navbar .o_menu_sections";

/**
 * Choose an entry of the app's menu.
 *
 * @param {string} menu xml id of the entry
 * @param {string} [parent] xml id of the drop-down that holds it
 */
export function openMenu(menu, parent) {
    const steps = [];
    if (parent) {
        steps.push({
            content: `open the menu ${parent}`,
            trigger: `${NAVBAR} [data-menu-xmlid='${parent}']`,
            run: "click",
        });
    }
    const place = parent ? ".o-dropdown--menu" : NAVBAR;
    steps.push({
        content: `choose ${menu}`,
        trigger: `${place} [data-menu-xmlid='${menu}']`,
        run: "click",
    });
    return steps;
}

/** Open one page of the form's notebook. */
export function openPage(name) {
    return [
        {
            content: `open the page ${name}`,
            trigger: `.o_form_view .nav-link[name='${name}']`,
            run: "click",
        },
        { trigger: `.o_form_view .nav-link.active[name='${name}']` },
    ];
}

/** Choose a record in a many2one field of the form by its name. */
export function choose(field, name) {
    return [
        {
            content: `look for ${name}`,
            trigger: `.o_form_view .o_field_widget[name='${field}'] input`,
            run: `edit ${name}`,
        },
        {
            content: `choose ${name}`,
            trigger: `.ui-autocomplete .dropdown-item:not(:has(.fa)):contains('${name}'):first`,
            run: "click",
        },
    ];
}

/** Save the form and wait until it is saved. */
export function saveForm() {
    return [
        {
            content: "save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "it is saved",
            trigger: ".o_form_view .o_form_saved, .o_form_view .o_form_status_indicator_buttons.invisible",
        },
    ];
}

/**
 * The connection wizard up to its first test: choose a channel, name the account.
 *
 * @param {string} provider technical name of the channel
 * @param {string} name how people call the account
 */
export function connectWizard(provider, name) {
    return [
        ...openMenu("marketplace.menu_connect", "marketplace.menu_configuration"),
        {
            content: "choose the channel",
            trigger: `.modal .o_field_widget[name='provider'] input[data-value='${provider}']`,
            run: "click",
        },
        {
            content: "name the account",
            trigger: ".modal .o_field_widget[name='name'] input",
            run: `edit ${name}`,
        },
        {
            content: "on to the credentials",
            trigger: ".modal button[name='action_next']:enabled",
            run: "click",
        },
    ];
}

/** Type the wizard's only secret and try it. */
export function tryCredential(value) {
    return [
        {
            content: "open the line of the secret",
            trigger: ".modal .o_field_widget[name='credential_ids'] .o_data_cell[name='value']",
            run: "click",
        },
        {
            content: "type the secret",
            trigger: ".modal .o_field_widget[name='credential_ids'] .o_data_cell[name='value'] input",
            run: `edit ${value}`,
        },
        {
            content: "try it",
            trigger: ".modal button[name='action_test']:enabled",
            run: "click",
        },
    ];
}

/** From tested credentials to the running account, everything left as proposed. */
export function finishWizard() {
    return [
        {
            content: "the channel answered",
            trigger: ".modal .alert-success:contains('Connected')",
        },
        {
            content: "on to the policies",
            trigger: ".modal button[name='action_next']:enabled",
            run: "click",
        },
        {
            content: "the place that it sells from is proposed",
            trigger: ".modal .o_field_widget[name='location_ids'] .o_tag",
        },
        {
            content: "on to the start",
            trigger: ".modal button[name='action_next']:enabled",
            run: "click",
        },
        {
            content: "start",
            trigger: ".modal button[name='action_finish']:enabled",
            run: "click",
        },
        {
            content: "the account is connected",
            trigger: ".o_form_view .o_arrow_button_current:contains('Connected')",
        },
    ];
}
