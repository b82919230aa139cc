import {
    choose,
    connectWizard,
    finishWizard,
    openMenu,
    openPage,
    saveForm,
    tryCredential,
} from "@marketplace/../tests/tours/steps";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The person mistypes the token first. The address of the draft is set by the test.
tours.add("marketplace_cartona_connect", {
    steps: () => [
        ...connectWizard("cartona", "Corner shops"),
        ...tryCredential("not-the-token"),
        {
            content: "the wrong token is refused in words",
            trigger: ".modal .alert-danger:contains('token')",
        },
        ...tryCredential("token-of-the-supplier"),
        ...finishWizard(),
        {
            content: "it has the name that was given",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(Corner shops)",
        },
        ...openPage("connection"),
        {
            content: "the secret is not shown, not even to who typed it",
            trigger: ".o_field_widget[name='cartona_token'] input:value(/^•+$/)",
        },
    ],
});

tours.add("marketplace_cartona_change_price", {
    steps: () => [
        {
            content: "change the price",
            trigger: ".o_field_widget[name='list_price'] input",
            run: "edit 12.5",
        },
        ...saveForm(),
    ],
});

// After the job runner's turn.
tours.add("marketplace_cartona_see_success", {
    steps: () => [
        ...openMenu("marketplace.menu_operations"),
        {
            content: "the newest operation is the price, and it has arrived",
            trigger:
                ".o_data_row:first:contains('Tea'):has(td[name='status']:contains('Success')) td[name='record_name']",
            run: "click",
        },
        {
            content: "what became of it, account by account",
            trigger:
                ".o_field_widget[name='delivery_ids'] .o_data_row:contains('Price'):contains('Cartona') td[name='status']:contains('Success')",
        },
        {
            content: "on to the product",
            trigger: "button[name='action_open_record']",
            run: "click",
        },
        ...openPage("marketplace"),
        {
            content: "the product shows what the channel has",
            trigger:
                ".o_field_widget[name='marketplace_listing_ids'] .o_data_row td[name='sent_price']:contains('12.50')",
        },
        {
            trigger: ".o_field_widget[name='marketplace_sync_status']:contains('Synced')",
        },
    ],
});

// As the error advises: a listing with the id that it names.
tours.add("marketplace_cartona_link_unknown_product", {
    steps: () => [
        {
            content: "the account says that an order waits",
            trigger: ".o_kanban_record:contains('Cartona') a:contains('Quarantined')",
        },
        ...openMenu("marketplace.menu_causes"),
        {
            content: "one cause, one order waiting for it",
            trigger: ".o_kanban_record:contains('is not linked'):contains('waiting')",
            run: "click",
        },
        {
            content: "what to do is said",
            trigger: ".o_form_view .alert-info:contains('777123'):contains('by themselves')",
        },
        ...openPage("inbox"),
        {
            content: "the order as it was received",
            trigger: ".o_field_widget[name='inbox_ids'] .o_data_row:contains('Quarantined')",
        },
        ...openMenu("marketplace.menu_listing", "marketplace.menu_links"),
        {
            content: "a new listing",
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("product_id", "Coffee"),
        ...choose("account_id", "Cartona"),
        {
            content: "its id there, as the error said it",
            trigger: ".o_form_view .o_field_widget[name='external_id'] input",
            run: "edit 777123",
        },
        {
            content: "what would be sent now is shown",
            trigger: ".o_form_view .o_field_widget[name='odoo_price']:contains('30')",
        },
        ...saveForm(),
    ],
});

tours.add("marketplace_cartona_see_import", {
    steps: () => [
        {
            content: "nothing waits any more",
            trigger: ".o_kanban_record:contains('Cartona'):not(:has(a:contains('Quarantined')))",
        },
        ...openMenu("marketplace.menu_order", "marketplace.menu_links"),
        {
            content: "the order has a sales order",
            trigger: ".o_data_row:contains('Cartona') td[name='sale_order_id']:contains('S')",
        },
    ],
});

tours.add("marketplace_cartona_deliver_with_code", {
    steps: () => [
        {
            content: "the cash to collect is on the delivery",
            trigger: ".o_form_view .o_field_widget[name='cartona_cash']:contains('40.00')",
        },
        {
            content: "validate",
            trigger: "button[name='button_validate']:enabled",
            run: "click",
        },
        ...enterCode("0000"),
        {
            content: "Cartona refuses it",
            trigger: ".o_error_dialog, .modal:contains('refuses the code')",
        },
        {
            trigger: ".modal:contains('refuses the code') footer button:first",
            run: "click",
        },
        ...enterCode("4711"),
        {
            content: "delivered",
            trigger: ".o_form_view .o_arrow_button_current:contains('Done')",
        },
    ],
});

function enterCode(code) {
    return [
        {
            content: "the line of the order",
            trigger: ".modal .o_field_widget[name='line_ids'] .o_data_cell[name='otp']",
            run: "click",
        },
        {
            content: "what the receiver said",
            trigger: ".modal .o_field_widget[name='line_ids'] .o_data_cell[name='otp'] input",
            run: `edit ${code}`,
        },
        {
            content: "deliver",
            trigger: ".modal button[name='action_deliver']:enabled",
            run: "click",
        },
    ];
}
